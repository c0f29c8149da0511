//! Answers of Lambda's Invoke API that are errors.

use serde_json::json;

use super::functions::Unanswered;
use crate::invoke::error::InvokeError;
use crate::invoke::http::Response;

/// No environment answers an event of the function `name`.
pub fn unanswered(why: Unanswered, name: &str) -> Response {
    match why {
        Unanswered::Throttled => refused(429, "TooManyRequestsException", "Rate Exceeded."),
        Unanswered::Unknown => {
            refused(404, "ResourceNotFoundException", &format!("Function not found: {name}"))
        }
        Unanswered::NotReady => refused(
            409,
            "ResourceConflictException",
            &format!("Function {name} is not ready: it is being built, or its build failed"),
        ),
    }
}

/// The function cannot be run here, or not now.
pub fn broken(error: &InvokeError) -> Response {
    if matches!(error, InvokeError::Throttled) {
        return unanswered(Unanswered::Throttled, "");
    }
    refused(500, "ServiceException", &error.to_string())
}

/// An error of Lambda's API as SDKs read it.
pub fn refused(status: u16, error: &'static str, message: &str) -> Response {
    let body = json!({ "Type": if status < 500 { "User" } else { "Service" }, "message": message });
    Response::new(status, body.to_string())
        .with("Content-Type", "application/json")
        .with("x-amzn-ErrorType", error)
}
