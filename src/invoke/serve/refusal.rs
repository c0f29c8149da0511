//! Answers of Lambda's Invoke API that are errors.

use serde_json::json;

use crate::invoke::error::InvokeError;
use crate::invoke::http::Response;

/// Too many requests at once.
pub fn throttled() -> Response {
    refused(429, "TooManyRequestsException", "Rate Exceeded.")
}

/// The function cannot be run here.
pub fn broken(error: &InvokeError) -> Response {
    refused(500, "ServiceException", &error.to_string())
}

/// An error of Lambda's API as SDKs read it.
pub fn refused(status: u16, error: &'static str, message: &str) -> Response {
    let body = json!({ "Type": if status < 500 { "User" } else { "Service" }, "message": message });
    Response::new(status, body.to_string())
        .with("Content-Type", "application/json")
        .with("x-amzn-ErrorType", error)
}
