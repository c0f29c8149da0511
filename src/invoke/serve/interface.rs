//! `Invoke` and `InvokeWithResponseStream`: requests of SDKs, the AWS CLI and curl.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::event_stream::frame;
use super::functions::Functions;
use super::pool::{Patience, Taken};
use super::refusal::{broken, refused, unanswered};
use crate::invoke::api::Failure;
use crate::invoke::http::{Answer, Body, Connection, Handler, Request, Response};
use crate::invoke::instance::{Invocation, Outcome};

/// The most bytes of an event that is waited for, and of one that is not (AWS Lambda Developer Guide, "Lambda quotas").
const EVENT_MAX: u64 = 6 << 20;
const ASYNCHRONOUS_MAX: u64 = 1 << 20;

/// Answers callers of these functions.
pub struct Interface(pub Arc<Functions>);

/// How an event is answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InvocationType {
    RequestResponse,
    Event,
    DryRun,
}

impl Handler for Interface {
    fn answer(
        &self,
        request: &Request,
        body: &mut Body<'_, Connection<'_>>,
        to: &mut dyn Write,
    ) -> io::Result<Answer> {
        // Browsers send it with each POST, and clients of Lambda do not. Without the refusal, each page that is open in a
        // browser of this machine could invoke functions.
        if request.header("origin").is_some() {
            return Ok(Answer::Whole(refused(
                403,
                "AccessDeniedException",
                "web pages cannot invoke functions",
            )));
        }
        let path: Vec<_> = request.path.trim_matches('/').split('/').collect();
        let (name, streams) = match path[..] {
            ["2015-03-31", "functions", name, "invocations"] => (name, false),
            ["2021-11-15", "functions", name, "response-streaming-invocations"] => (name, true),
            _ => return Ok(Answer::Whole(refused(404, "UnknownOperationException", "no such operation"))),
        };
        if request.method != "POST" {
            return Ok(Answer::Whole(refused(
                405,
                "UnknownOperationException",
                "invoke functions with POST",
            )));
        }
        let name = function_name(name);
        if let Err(why) = self.0.has(&name) {
            return Ok(Answer::Whole(unanswered(why, &name)));
        }
        let (invocation, kind) = match invocation(request, body)? {
            Err(response) => return Ok(Answer::Whole(response)),
            Ok((_, InvocationType::DryRun)) => return Ok(Answer::Whole(Response::new(204, ""))),
            Ok(asked) => asked,
        };
        if kind == InvocationType::Event {
            let functions = Arc::clone(&self.0);
            thread::Builder::new().spawn(move || {
                // Its caller does not wait: the log says what became of it.
                if let Ok(taken) = functions.take(Some(&name), Patience::Queued) {
                    let _ = taken.invoke(invocation, channel().0);
                }
            })?;
            return Ok(Answer::Whole(Response::new(202, "")));
        }
        match self.0.take(Some(&name), Patience::None) {
            Err(why) => Ok(Answer::Whole(unanswered(why, &name))),
            Ok(taken) if streams => streamed(taken, invocation, request, to),
            Ok(taken) => Ok(whole(taken, invocation, request)),
        }
    }

    fn malformed(&self, what: &str) -> Response {
        refused(400, "InvalidRequestContentException", what)
    }
}

/// The name in `name`, `name:qualifier`, or an ARN, as it stands in a path.
fn function_name(word: &str) -> String {
    let decoded = word.replace("%3A", ":").replace("%3a", ":").replace("%24", "$");
    match decoded.split_once(":function:") {
        Some((_, rest)) => rest.split(':').next().unwrap_or_default().to_owned(),
        None => decoded.split(':').next().unwrap_or_default().to_owned(),
    }
}

/// The event of a request, or the refusal of it.
fn invocation(
    request: &Request,
    body: &mut Body<'_, Connection<'_>>,
) -> io::Result<Result<(Invocation, InvocationType), Response>> {
    let kind = match request.header("x-amz-invocation-type") {
        None | Some("RequestResponse") => InvocationType::RequestResponse,
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        Some(other) => {
            let message = format!("`{other}` is not an invocation type: RequestResponse, Event, DryRun");
            return Ok(Err(refused(400, "InvalidParameterValueException", &message)));
        }
    };
    let most = if kind == InvocationType::Event { ASYNCHRONOUS_MAX } else { EVENT_MAX };
    let mut payload = Vec::new();
    body.by_ref().take(most + 1).read_to_end(&mut payload)?;
    if payload.len() as u64 > most {
        let message = format!("Request must be smaller than {most} bytes for the InvokeFunction operation");
        return Ok(Err(refused(413, "RequestTooLargeException", &message)));
    }
    if payload.is_empty() {
        payload.extend(b"{}");
    }
    if let Err(error) = serde_json::from_slice::<Value>(&payload) {
        let message = format!("Could not parse request body into json: {error}");
        return Ok(Err(refused(400, "InvalidRequestContentException", &message)));
    }
    let client_context = match request.header("x-amz-client-context").map(|text| STANDARD.decode(text)) {
        None => None,
        Some(decoded) => match decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            Some(context) => Some(context),
            None => {
                let message = "Client context must be a valid Base64-encoded JSON object.";
                return Ok(Err(refused(400, "InvalidRequestContentException", message)));
            }
        },
    };
    let header = |name: &str| request.header(name).map(str::to_owned);
    let invocation = Invocation {
        payload,
        content_type: header("content-type").filter(|given| given.starts_with("application/json")),
        client_context,
        tenant_id: header("x-amz-tenant-id"),
    };
    Ok(Ok((invocation, kind)))
}

/// An answer that is complete before it is sent.
fn whole(taken: Taken, invocation: Invocation, request: &Request) -> Answer {
    let (pieces, received) = channel();
    let version = taken.function().identity.version.clone();
    let outcome = match taken.invoke(invocation, pieces) {
        Err(error) => return Answer::Whole(broken(&error)),
        Ok(outcome) => outcome,
    };
    let mut body = received.try_iter().collect::<Vec<_>>().concat();
    let (Ok(payload) | Err(Failure { payload, .. })) = &outcome.result;
    body.extend(payload);
    let mut response = Response::new(200, body)
        .with("Content-Type", "application/json")
        .with("X-Amz-Executed-Version", version)
        .with("x-amzn-RequestId", outcome.request_id.clone());
    if outcome.result.is_err() {
        response = response.with("X-Amz-Function-Error", "Unhandled");
    }
    Answer::Whole(match tail(request, &outcome) {
        Some(log) => response.with("X-Amz-Log-Result", log),
        None => response,
    })
}

/// An answer in pieces, as they come.
fn streamed(
    taken: Taken,
    invocation: Invocation,
    request: &Request,
    to: &mut dyn Write,
) -> io::Result<Answer> {
    let (pieces, received) = channel();
    let version = taken.function().identity.version.clone();
    let answered = thread::Builder::new().spawn(move || taken.invoke(invocation, pieces))?;
    // The first piece, or the end without one.
    let first = received.recv().ok();
    let mut begun = false;
    let mut begin = |to: &mut dyn Write| -> io::Result<()> {
        if std::mem::replace(&mut begun, true) {
            return Ok(());
        }
        write!(
            to,
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\nX-Amz-Executed-Version: {version}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
    };
    for piece in first.into_iter().chain(received.iter()) {
        begin(to)?;
        chunk(to, &frame("PayloadChunk", "application/octet-stream", &piece))?;
    }
    let outcome = match answered.join() {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => return Ok(Answer::Whole(broken(&error))),
        Err(_) => return Ok(Answer::HangUp),
    };
    begin(to)?;
    let mut end = json!({});
    match &outcome.result {
        Ok(payload) if payload.is_empty() => {}
        Ok(payload) => chunk(to, &frame("PayloadChunk", "application/octet-stream", payload))?,
        Err(failure) => {
            end["ErrorCode"] = json!(failure.error_type);
            end["ErrorDetails"] = json!(String::from_utf8_lossy(&failure.payload));
        }
    }
    if let Some(log) = tail(request, &outcome) {
        end["LogResult"] = json!(log);
    }
    chunk(to, &frame("InvokeComplete", "application/json", end.to_string().as_bytes()))?;
    to.write_all(b"0\r\n\r\n")?;
    to.flush()?;
    Ok(Answer::Sent)
}

fn chunk(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    write!(to, "{:x}\r\n", bytes.len())?;
    to.write_all(bytes)?;
    to.write_all(b"\r\n")?;
    to.flush()
}

/// The end of the log, where the caller wants it.
fn tail(request: &Request, outcome: &Outcome) -> Option<String> {
    (request.header("x-amz-log-type") == Some("Tail")).then(|| STANDARD.encode(&outcome.log))
}
