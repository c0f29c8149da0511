//! The Extensions API, version 2020-01-01
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>). States and types of errors are those of
//! AWS's emulator (`rapi/handler/constants.go`, `core/registrations.go`).

use std::collections::VecDeque;
use std::io::{BufRead, Read};

use serde_json::{Value, json};

use super::answered::error;
use super::exchange::{Exchange, Extension, State};
use super::said::Said;
use crate::invoke::http::{Body, Request, Response};
use crate::invoke::telemetry::Telemetry;
use crate::invoke::variables::Identity;

/// The most extensions of a function.
const EXTENSIONS_MAX: usize = 10;
/// The most bytes of a request.
const REQUEST_MAX: u64 = 64 << 10;
/// The header that names an extension.
const IDENTIFIER: &str = "lambda-extension-identifier";

/// `POST /extension/register`.
pub fn register<R: BufRead>(
    exchange: &Exchange,
    identity: &Identity,
    handler: &str,
    request: &Request,
    body: &mut Body<'_, R>,
    id: String,
) -> std::io::Result<Response> {
    let mut bytes = Vec::new();
    body.by_ref().take(REQUEST_MAX).read_to_end(&mut bytes)?;
    let Some(name) = request.header("lambda-extension-name").filter(|name| !name.is_empty()) else {
        return Ok(refused("InvalidExtensionName", "Empty extension name"));
    };
    let Ok(wanted) = serde_json::from_slice::<Value>(&bytes) else {
        return Ok(error(403, "InvalidRequestFormat", "the body is not JSON"));
    };
    let mut state = exchange.lock();
    let is_external = state.external.iter().any(|external| external == name);
    let extension = match registration(&state, name, is_external, &wanted, id) {
        Ok(extension) => extension,
        Err(response) => return Ok(response),
    };
    let accept = request.header("lambda-extension-accept-feature").unwrap_or_default();
    let mut answer = json!({
        "functionName": identity.name,
        "functionVersion": identity.version,
        "handler": handler,
    });
    if accept.split(',').any(|feature| feature.trim() == "accountId") {
        answer["accountId"] = json!(identity.account);
    }
    let response = Response::new(200, answer.to_string())
        .with("Content-Type", "application/json")
        .with("Lambda-Extension-Identifier", extension.id.clone());
    state.extensions.push(extension);
    Ok(response)
}

fn registration(
    state: &State,
    name: &str,
    is_external: bool,
    wanted: &Value,
    id: String,
) -> Result<Extension, Response> {
    if state.registered {
        return Err(refused("RegistrationClosed", "Extension registration closed already"));
    }
    if state.extensions.iter().any(|extension| extension.name == name) {
        return Err(refused("InvalidExtensionState", "Extension with this name already registered"));
    }
    if state.extensions.len() >= EXTENSIONS_MAX {
        let message = format!("Extension limit ({EXTENSIONS_MAX}) reached");
        return Err(refused("TooManyExtensions", &message));
    }
    let events: Vec<_> =
        wanted["events"].as_array().into_iter().flatten().map(|event| event.as_str()).collect();
    for event in &events {
        let why = match event {
            // AWS's emulator: `lambda-managed-instances/core/externalagent.go`.
            Some("INVOKE") if state.workers.is_none() => continue,
            Some("SHUTDOWN") if is_external => continue,
            Some("SHUTDOWN") => "ShutdownEventNotSupportedForInternalExtension",
            _ => "ErrorInvalidEventType",
        };
        let message = format!("{}: {why}", event.unwrap_or_default());
        return Err(refused("InvalidEventType", &message));
    }
    let wants = |event: &str| events.contains(&Some(event));
    Ok(Extension {
        id,
        name: name.to_owned(),
        is_external,
        wants_invoke: wants("INVOKE"),
        wants_shutdown: wants("SHUTDOWN"),
        events: VecDeque::new(),
        is_waiting: false,
        has_asked: false,
    })
}

/// `GET /extension/event/next`: waits for an event.
pub fn next(exchange: &Exchange, telemetry: &Telemetry, request: &Request) -> Option<Response> {
    let id = match identified(exchange, request) {
        Ok(id) => id,
        Err(response) => return Some(response),
    };
    let name = {
        let mut state = exchange.lock();
        let extension = state.extensions.iter_mut().find(|extension| extension.id == id)?;
        if !std::mem::replace(&mut extension.has_asked, true) {
            let events = [("INVOKE", extension.wants_invoke), ("SHUTDOWN", extension.wants_shutdown)];
            let wanted: Vec<_> = events.iter().filter(|(_, wants)| *wants).map(|(event, _)| *event).collect();
            telemetry.extension_ready(&extension.name, &wanted);
        }
        extension.is_waiting = extension.events.is_empty();
        extension.name.clone()
    };
    exchange.say(Said::ExtensionReady(name));
    let event = exchange.wait(|state| {
        let extension = state.extensions.iter_mut().find(|extension| extension.id == id)?;
        let event = extension.events.pop_front()?;
        extension.is_waiting = false;
        Some(event)
    })?;
    let identifier = serde_json::from_str::<Value>(&event).unwrap_or_default()["requestId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    Some(
        Response::new(200, event)
            .with("Content-Type", "application/json")
            .with("Lambda-Extension-Event-Identifier", identifier),
    )
}

/// `POST /extension/init/error` and `POST /extension/exit/error`.
pub fn failed(exchange: &Exchange, request: &Request, init: bool) -> Response {
    let id = match identified(exchange, request) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let Some(error_type) =
        request.header("lambda-extension-function-error-type").filter(|text| !text.is_empty())
    else {
        return refused("MissingHeader", "Lambda-Extension-Function-Error-Type not found");
    };
    let state = exchange.lock();
    let Some(extension) = state.extensions.iter().find(|extension| extension.id == id) else {
        return refused("UnknownExtensionIdentifier", "Unknown extension");
    };
    if init && extension.has_asked {
        return refused("InvalidExtensionState", "an extension that asked for an event has begun");
    }
    let name = extension.name.clone();
    drop(state);
    exchange.say(Said::ExtensionError { name, error_type: error_type.to_owned(), init });
    Response::new(202, r#"{"status":"OK"}"#).with("Content-Type", "application/json")
}

/// The extension that sends this request, by the header.
pub fn identified(exchange: &Exchange, request: &Request) -> Result<String, Response> {
    let Some(id) = request.header(IDENTIFIER) else {
        return Err(refused("MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"));
    };
    if id.len() != 36 || !id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Err(refused("InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"));
    }
    match exchange.lock().extensions.iter().any(|extension| extension.id == id) {
        true => Ok(id.to_owned()),
        false => Err(refused("UnknownExtensionIdentifier", &format!("Unknown extension {id}"))),
    }
}

fn refused(error_type: &str, message: &str) -> Response {
    error(403, &format!("Extension.{error_type}"), message)
}
