//! A function on `provided.al2023`, with the crate `lambda_runtime`.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let name = event.payload["name"].as_str().ok_or("the event has no name")?;
    Ok(json!({ "greeting": format!("Hello, {name}!"), "request": event.context.request_id }))
}
