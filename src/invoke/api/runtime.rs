//! The Runtime API, version 2018-06-01 (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).

use std::io::{BufRead, Read};

use super::exchange::{Exchange, Failure, Offer, RuntimeState, Said};
use crate::invoke::http::{Body, Request, Response};

/// The most bytes of an answer that does not come in pieces (the emulator's `interop/model.go`).
pub const PAYLOAD_MAX: usize = 6 * 1024 * 1024 + 100;
/// The most bytes of an error that a runtime reports.
const ERROR_MAX: u64 = 1 << 20;
/// Of a streamed answer, what is read at once.
const PIECE: usize = 64 << 10;

/// `GET …/invocation/next`: waits for an event.
pub fn next(exchange: &Exchange) -> Option<Response> {
    {
        let mut state = exchange.lock();
        match &state.runtime {
            // As the emulator has it: who asks again gets the same.
            RuntimeState::Busy(offer) => return Some(event(offer.clone())),
            RuntimeState::Answering(_) | RuntimeState::Failed | RuntimeState::Snapshot => {
                return Some(invalid_state("next", &state.runtime));
            }
            RuntimeState::Starting | RuntimeState::Waiting | RuntimeState::Answered => {
                state.runtime = RuntimeState::Waiting;
            }
        }
    }
    exchange.say(Said::RuntimeReady);
    let offer = exchange.wait(|state| {
        let offer = state.offered.take()?;
        state.last = Some(offer.request_id.clone());
        state.runtime = RuntimeState::Busy(offer.clone());
        Some(offer)
    })?;
    Some(event(offer))
}

fn event(offer: Offer) -> Response {
    let mut response = Response::new(200, offer.payload)
        .with("Content-Type", offer.content_type)
        .with("Lambda-Runtime-Aws-Request-Id", offer.request_id)
        .with("Lambda-Runtime-Invocation-Id", offer.invocation_id)
        .with("Lambda-Runtime-Deadline-Ms", offer.deadline.to_string())
        .with("Lambda-Runtime-Invoked-Function-Arn", offer.arn)
        .with("Lambda-Runtime-Trace-Id", offer.trace_id);
    for (name, value) in [
        ("Lambda-Runtime-Client-Context", offer.client_context),
        ("Lambda-Runtime-Aws-Tenant-Id", offer.tenant_id),
    ] {
        response = value.into_iter().fold(response, |response, value| response.with(name, value));
    }
    response
}

/// `POST …/invocation/{id}/response`.
pub fn response<R: BufRead>(
    exchange: &Exchange,
    id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    let offer = match begin_answer(exchange, id, request, "response") {
        Ok(offer) => offer,
        Err(refused) => return Ok(refused),
    };
    let answered = match request.header("lambda-runtime-function-response-mode") {
        None => whole(body),
        Some(mode) if mode.eq_ignore_ascii_case("streaming") => pieces(exchange, body),
        Some(_) => Ok((
            Said::InvocationError(failure("Runtime.InvalidResponseModeHeader", &offer)),
            error(400, "InvalidResponseModeHeader", "the response mode is not `streaming`"),
        )),
    };
    let (said, response) = answered.unwrap_or_else(|_| {
        let cut = Said::InvocationError(failure("Runtime.TruncatedResponse", &offer));
        (cut, error(400, "TruncatedResponse", "the body ended too early"))
    });
    end_answer(exchange, said);
    Ok(response)
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
fn pieces<R: BufRead>(exchange: &Exchange, body: &mut Body<'_, R>) -> std::io::Result<(Said, Response)> {
    let mut buffer = vec![0; PIECE];
    loop {
        let count = body.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        exchange.say(Said::Piece(buffer[..count].to_vec()));
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

/// `POST …/invocation/{id}/error`.
pub fn invocation_error<R: BufRead>(
    exchange: &Exchange,
    id: &str,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if let Err(refused) = begin_answer(exchange, id, request, "error") {
        return Ok(refused);
    }
    let said = Said::InvocationError(reported(request, body)?);
    end_answer(exchange, said);
    Ok(accepted())
}

/// `GET …/runtime/restore/next`: waits over the snapshot. Without SnapStart, there is no such path.
pub fn restore_next(exchange: &Exchange) -> Option<Response> {
    {
        let mut state = exchange.lock();
        if !state.snap_start {
            return Some(Response::new(404, "404 page not found\n"));
        }
        if state.runtime != RuntimeState::Starting || state.restored {
            return Some(invalid_state("restore", &state.runtime));
        }
        state.runtime = RuntimeState::Snapshot;
    }
    exchange.say(Said::SnapshotReady);
    exchange.wait(|state| state.restored.then_some(()))?;
    Some(Response::new(200, ""))
}

/// `POST …/runtime/restore/error`.
pub fn restore_error<R: BufRead>(
    exchange: &Exchange,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    if !exchange.lock().snap_start {
        return Ok(Response::new(404, "404 page not found\n"));
    }
    if !exchange.lock().restored {
        return Ok(error(403, "InvalidStateTransition", "`restore error` is refused before a restore"));
    }
    init_error(exchange, request, body)
}

/// `POST …/runtime/init/error`.
pub fn init_error<R: BufRead>(
    exchange: &Exchange,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    let failure = reported(request, body)?;
    let mut state = exchange.lock();
    if state.runtime != RuntimeState::Starting {
        return Ok(invalid_state("init error", &state.runtime));
    }
    state.runtime = RuntimeState::Failed;
    drop(state);
    exchange.say(Said::InitError(failure));
    Ok(accepted())
}

fn begin_answer(exchange: &Exchange, id: &str, request: &Request, what: &str) -> Result<Offer, Response> {
    let mut state = exchange.lock();
    let RuntimeState::Busy(offer) = state.runtime.clone() else {
        if state.last.as_deref() != Some(id) {
            return Err(error(400, "InvalidRequestID", "Invalid request ID"));
        }
        return Err(invalid_state(what, &state.runtime));
    };
    if request.header("lambda-runtime-invocation-id").is_some_and(|given| given != offer.invocation_id) {
        return Err(error(410, "RuntimeInvokeTimeout", "the invocation ended before this answer"));
    }
    if offer.request_id != id {
        return Err(error(400, "InvalidRequestID", "Invalid request ID"));
    }
    state.runtime = RuntimeState::Answering(offer.clone());
    Ok(offer)
}

fn end_answer(exchange: &Exchange, said: Said) {
    exchange.lock().runtime = RuntimeState::Answered;
    exchange.say(said);
}

fn reported<R: BufRead>(request: &Request, body: &mut Body<'_, R>) -> std::io::Result<Failure> {
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

fn failure(error_type: &str, offer: &Offer) -> Failure {
    let message = format!("RequestId: {} Error: {error_type}", offer.request_id);
    let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message });
    Failure { error_type: error_type.to_owned(), payload: payload.to_string().into_bytes() }
}

fn accepted() -> Response {
    Response::new(202, r#"{"status":"OK"}"#).with("Content-Type", "application/json")
}

fn invalid_state(what: &str, state: &RuntimeState) -> Response {
    let state = match state {
        RuntimeState::Starting => "starting",
        RuntimeState::Snapshot => "waiting for a restore",
        RuntimeState::Waiting => "waiting for an event",
        RuntimeState::Busy(_) => "busy with an event",
        RuntimeState::Answering(_) => "sending an answer",
        RuntimeState::Answered => "done with its event",
        RuntimeState::Failed => "failed",
    };
    error(403, "InvalidStateTransition", &format!("`{what}` is refused while the runtime is {state}"))
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
