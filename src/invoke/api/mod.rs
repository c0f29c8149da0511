//! The HTTP interfaces that the programs of a function speak with Lambda: Runtime API, Extensions API, Telemetry API and
//! Logs API, on a port of loopback.

mod answered;
mod exchange;
mod extensions;
mod runtime;
mod said;
mod subscriptions;
mod workers;

use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::Arc;

use self::answered::not_found;
pub use self::exchange::Exchange;
pub use self::said::{Failure, Offer, Said};
use super::http::{Answer, Body, Connection, Handler, Request, Response, Server};
use super::identifier::identifier;
use super::telemetry::{Interface, Telemetry};
use super::variables::Identity;

/// The server of one environment. It ends with the value.
pub struct Api {
    exchange: Arc<Exchange>,
    server: Server,
}

struct Interfaces {
    exchange: Arc<Exchange>,
    telemetry: Arc<Telemetry>,
    identity: Identity,
    handler: String,
}

impl Api {
    /// Serves `exchange` on `listener`; `handler` is what extensions are told of it.
    ///
    /// # Errors
    /// Those of the host.
    pub fn start(
        listener: TcpListener,
        exchange: Arc<Exchange>,
        telemetry: Arc<Telemetry>,
        identity: Identity,
        handler: String,
    ) -> io::Result<Self> {
        let interfaces = Interfaces { exchange: Arc::clone(&exchange), telemetry, identity, handler };
        let server = Server::start(listener, interfaces)?;
        Ok(Self { exchange, server })
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.server.address().to_string()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.exchange.close();
    }
}

impl Handler for Interfaces {
    fn answer(
        &self,
        request: &Request,
        body: &mut Body<'_, Connection<'_>>,
        _: &mut dyn Write,
    ) -> io::Result<Answer> {
        let exchange = &*self.exchange;
        let path: Vec<_> = request.path.trim_matches('/').split('/').collect();
        let response = match (&*request.method, &path[..]) {
            ("GET", ["ping"] | ["2018-06-01", "ping"]) => Some(Response::new(200, "pong")),
            (method, ["2018-06-01", "runtime", "invocation", rest @ ..]) => {
                invocation(exchange, method, rest, request, body)?
            }
            ("POST", ["2018-06-01", "runtime", "init", "error"]) => {
                Some(runtime::init_error(exchange, request, body)?)
            }
            ("GET", ["2018-06-01", "runtime", "restore", "next"]) => runtime::restore_next(exchange),
            ("POST", ["2018-06-01", "runtime", "restore", "error"]) => {
                Some(runtime::restore_error(exchange, request, body)?)
            }
            ("POST", ["2020-01-01", "extension", "register"]) => {
                let id = identifier()?;
                Some(extensions::register(exchange, &self.identity, &self.handler, request, body, id)?)
            }
            ("GET", ["2020-01-01", "extension", "event", "next"]) => {
                extensions::next(exchange, &self.telemetry, request)
            }
            ("POST", ["2020-01-01", "extension", phase @ ("init" | "exit"), "error"]) => {
                Some(extensions::failed(exchange, request, *phase == "init"))
            }
            ("PUT", ["2022-07-01", "telemetry"]) => Some(subscriptions::subscribe(
                exchange,
                &self.telemetry,
                Interface::Telemetry,
                request,
                body,
            )?),
            ("PUT", ["2020-08-15", "logs"]) => {
                Some(subscriptions::subscribe(exchange, &self.telemetry, Interface::Logs, request, body)?)
            }
            (_, path) if is_known(path) => Some(Response::new(405, "")),
            _ => Some(not_found()),
        };
        // Without an answer, the environment ended: so does the connection.
        Ok(response.map_or(Answer::HangUp, Answer::Whole))
    }

    fn malformed(&self, what: &str) -> Response {
        answered::error(400, "InvalidRequestFormat", what)
    }
}

/// What a runtime asks and says of events.
fn invocation(
    exchange: &Exchange,
    method: &str,
    path: &[&str],
    request: &Request,
    body: &mut Body<'_, Connection<'_>>,
) -> io::Result<Option<Response>> {
    Ok(match (method, path) {
        ("GET", ["next"]) => runtime::next(exchange),
        ("POST", [id, "response"]) => Some(runtime::response(exchange, id, request, body)?),
        ("POST", [id, "error"]) => Some(runtime::invocation_error(exchange, id, request, body)?),
        (_, ["next"] | [_, "response" | "error"]) => Some(Response::new(405, "")),
        _ => Some(not_found()),
    })
}

/// Whether there is such a path, for another method.
fn is_known(path: &[&str]) -> bool {
    matches!(
        path,
        ["ping"]
            | ["2018-06-01", "ping"]
            | ["2018-06-01", "runtime", "init", "error"]
            | ["2020-01-01", "extension", "register"]
            | ["2020-01-01", "extension", "event", "next"]
            | ["2020-01-01", "extension", "init" | "exit", "error"]
            | ["2022-07-01", "telemetry"]
            | ["2020-08-15", "logs"]
    )
}
