from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/hello")
def hello(name: str):
    return {"hello": name}


handler = Mangum(app, lifespan="off")
