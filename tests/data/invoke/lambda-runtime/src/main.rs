//! Answers events, in pieces if `_HANDLER`'s variable `MODE` says so.

use lambda_runtime::streaming::{Body, Response, channel};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

async fn whole(event: LambdaEvent<Value>) -> Result<Value, Error> {
    if event.payload.get("fail").is_some() {
        return Err("no".into());
    }
    Ok(json!({ "seen": event.payload, "arn": event.context.invoked_function_arn }))
}

async fn pieces(event: LambdaEvent<Value>) -> Result<Response<Body>, Error> {
    let (mut sender, body) = channel();
    tokio::spawn(async move {
        for _ in 0..3 {
            let _ = sender.send_data("one piece,".repeat(10_000).into()).await;
        }
        if event.payload.get("fail").is_some() {
            sender.abort();
        }
    });
    Ok(Response::from(body))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match std::env::var("MODE").as_deref() {
        Ok("pieces") => run(service_fn(pieces)).await,
        _ => run(service_fn(whole)).await,
    }
}
