//! `PUT /2022-07-01/telemetry` and `PUT /2020-08-15/logs`: extensions subscribe to telemetry.

use std::io::{BufRead, Read};

use super::answered::error;
use super::exchange::Exchange;
use super::extensions::identified;
use crate::invoke::http::{Body, Request, Response};
use crate::invoke::telemetry::{Interface, Refused, Telemetry};

/// The most bytes of a request.
const REQUEST_MAX: u64 = 64 << 10;

/// Answers a subscription: `200 OK`, or why not.
pub fn subscribe<R: BufRead>(
    exchange: &Exchange,
    telemetry: &Telemetry,
    interface: Interface,
    request: &Request,
    body: &mut Body<'_, R>,
) -> std::io::Result<Response> {
    let mut bytes = Vec::new();
    body.by_ref().take(REQUEST_MAX).read_to_end(&mut bytes)?;
    let id = match identified(exchange, request) {
        Ok(id) => id,
        Err(response) => return Ok(response),
    };
    let name =
        exchange.lock().extensions.iter().find(|extension| extension.id == id).map(|one| one.name.clone());
    let api = match interface {
        Interface::Telemetry => "Telemetry",
        Interface::Logs => "Logs",
    };
    Ok(match telemetry.subscribe(interface, &name.unwrap_or_default(), &bytes) {
        Ok(()) => Response::new(200, "OK").with("Content-Type", "text/plain; charset=utf-8"),
        Err(Refused::Invalid(what)) => error(400, "ValidationError", &what),
        Err(Refused::Closed) => {
            let message = format!("{api} API subscription is closed already");
            error(403, &format!("{api}.SubscriptionClosed"), &message)
        }
        Err(Refused::OtherInterface) => {
            let message = "an extension has subscribed with the other of Telemetry API and Logs API";
            error(403, &format!("{api}.NotSupported"), message)
        }
    })
}
