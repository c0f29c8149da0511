//! What runtimes send of an event: the answer, whole or in pieces, or an error.

use std::io::{BufRead, Read};

use super::said::{Failure, Said};
use crate::invoke::http::{Body, Request, Response};

/// The most bytes of an answer that does not come in pieces (the emulator's `interop/model.go`).
pub const PAYLOAD_MAX: usize = 6 * 1024 * 1024 + 100;
/// The most bytes of an error that a runtime reports.
const ERROR_MAX: u64 = 1 << 20;
/// Of a streamed answer, what is read at once.
const PIECE: usize = 64 << 10;

/// Reads the answer to an event: what the runtime said so, and what it is answered. `piece` gets the pieces of one that
/// comes so.
pub fn answer<R: BufRead>(
    request_id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
    piece: impl Fn(Said),
) -> (Said, Response) {
    let answered = match request.header("lambda-runtime-function-response-mode") {
        None => whole(body),
        Some(mode) if mode.eq_ignore_ascii_case("streaming") => pieces(body, piece),
        Some(_) => Ok((
            Said::InvocationError(failure("Runtime.InvalidResponseModeHeader", request_id)),
            error(400, "InvalidResponseModeHeader", "the response mode is not `streaming`"),
        )),
    };
    answered.unwrap_or_else(|_| {
        let cut = Said::InvocationError(failure("Runtime.TruncatedResponse", request_id));
        (cut, error(400, "TruncatedResponse", "the body ended too early"))
    })
}

/// The whole body, within bounds.
fn whole<R: BufRead>(body: &mut Body<'_, R>) -> std::io::Result<(Said, Response)> {
    let mut bytes = Vec::new();
    body.by_ref().take(PAYLOAD_MAX as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() <= PAYLOAD_MAX {
        return Ok((Said::Response(bytes), accepted()));
    }
    // Clients look at the answer only when they have sent all.
    let rest = std::io::copy(body, &mut std::io::sink())?;
    let size = bytes.len() as u64 + rest;
    let message = format!(
        "Response payload size ({size} bytes) exceeded maximum allowed payload size ({PAYLOAD_MAX} bytes)."
    );
    let payload =
        serde_json::json!({ "errorMessage": message, "errorType": "Function.ResponseSizeTooLarge" });
    let failure = Failure {
        error_type: "Function.ResponseSizeTooLarge".to_owned(),
        payload: payload.to_string().into_bytes(),
    };
    Ok((Said::InvocationError(failure), error(413, "RequestEntityTooLarge", &message)))
}

/// A body that is passed on as it comes; its trailers say whether it failed.
fn pieces<R: BufRead>(body: &mut Body<'_, R>, piece: impl Fn(Said)) -> std::io::Result<(Said, Response)> {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        piece(Said::Piece(buffer[..count].to_vec()));
    }
    let trailer =
        |name: &str| body.trailers.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    let Some(error_type) = trailer("lambda-runtime-function-error-type") else {
        return Ok((Said::Response(Vec::new()), accepted()));
    };
    let encoded = trailer("lambda-runtime-function-error-body").unwrap_or_default();
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap_or_default();
    let failure = Failure { error_type: known_type(Some(&error_type)), payload };
    Ok((Said::InvocationError(failure), accepted()))
}

/// The error that a runtime reports.
pub fn reported<R: BufRead>(request: &Request, body: &mut Body<'_, R>) -> std::io::Result<Failure> {
    let mut payload = Vec::new();
    body.by_ref().take(ERROR_MAX).read_to_end(&mut payload)?;
    std::io::copy(body, &mut std::io::sink())?;
    let error_type = known_type(request.header("lambda-runtime-function-error-type"));
    Ok(Failure { error_type, payload })
}

/// The type of an error that Lambda passes on: `(Runtime|Function).` and a word (the emulator's `fatalerror.go`).
fn known_type(given: Option<&str>) -> String {
    let given = given.unwrap_or_default();
    let is_word = |word: &str| {
        word.len() > 1
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_alphabetic())
    };
    match given.split_once('.') {
        Some(("Runtime" | "Function", word)) if is_word(word) => given.to_owned(),
        Some(("Function", _)) => "Function.Unknown".to_owned(),
        _ => "Runtime.Unknown".to_owned(),
    }
}

fn failure(error_type: &str, request_id: &str) -> Failure {
    let message = format!("RequestId: {request_id} Error: {error_type}");
    let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message });
    Failure { error_type: error_type.to_owned(), payload: payload.to_string().into_bytes() }
}

/// The answer to what is accepted.
pub fn accepted() -> Response {
    Response::new(202, r#"{"status":"OK"}"#).with("Content-Type", "application/json")
}

/// The answer to a path that there is not.
pub fn not_found() -> Response {
    Response::new(404, "404 page not found\n")
}

/// An error of the API as its clients read it.
pub fn error(status: u16, error_type: &str, message: &str) -> Response {
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type });
    Response::new(status, body.to_string()).with("Content-Type", "application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_errors_as_lambda_passes_them_on() {
        for (given, passed) in [
            ("Runtime.ImportModuleError", "Runtime.ImportModuleError"),
            ("Function.MyError", "Function.MyError"),
            ("Function.my", "Function.Unknown"),
            ("Function.A1", "Function.Unknown"),
            ("Anything", "Runtime.Unknown"),
            ("Runtime.", "Runtime.Unknown"),
        ] {
            assert_eq!(known_type(Some(given)), passed);
        }
        assert_eq!(known_type(None), "Runtime.Unknown");
    }
}
