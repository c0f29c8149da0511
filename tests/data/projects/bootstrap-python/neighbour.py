"""Takes events from the Runtime API and answers each with what `answer` returns."""

import json
import os
import urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def loop(answer):
    while True:
        with urllib.request.urlopen(f"{API}/next") as event:
            request, told = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)
        response = json.dumps(answer(told)).encode()
        urllib.request.urlopen(f"{API}/{request}/response", data=response).close()
