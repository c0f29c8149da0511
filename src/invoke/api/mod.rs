//! The HTTP interfaces that the programs of a function speak with Lambda: Runtime API and Extensions API, on a port of
//! loopback.

mod exchange;
mod extensions;
pub mod http;
mod runtime;

use std::io::{self, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

pub use self::exchange::{Exchange, Failure, Offer, Said};
use self::http::{HttpError, Request, Response};
use super::identifier;
use super::variables::Identity;
use crate::work::lock;

/// The connections that may be open at once: a function has 1,024 descriptors.
const CONNECTIONS_MAX: usize = 1_024;

/// The server of one environment. It ends with the value.
pub struct Api {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    exchange: Arc<Exchange>,
    identity: Identity,
    handler: String,
    ended: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Api {
    /// Serves `exchange`; `handler` is what extensions are told of it.
    ///
    /// # Errors
    /// Those of the host: no port is free.
    pub fn start(exchange: Arc<Exchange>, identity: Identity, handler: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = AtomicBool::new(false);
        let shared = Arc::new(Shared { exchange, identity, handler, ended, open: Mutex::default() });
        let serving = Arc::clone(&shared);
        thread::Builder::new().name("runtime API".to_owned()).spawn(move || {
            for connection in listener.incoming() {
                if serving.ended.load(Ordering::Acquire) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let serving = Arc::clone(&serving);
                // Without a thread for it, the client sees the connection end.
                let _ = thread::Builder::new().spawn(move || serving.serve(&connection));
            }
        })?;
        Ok(Self { address, shared })
    }

    /// Where it listens: `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shared.exchange.close();
        self.shared.ended.store(true, Ordering::Release);
        // The listener waits for a connection; this is one.
        let _ = TcpStream::connect(self.address);
        for connection in lock(&self.shared.open).drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn serve(&self, connection: &TcpStream) {
        let Ok(other) = connection.try_clone() else { return };
        let address = connection.peer_addr();
        {
            let mut open = lock(&self.open);
            if open.len() >= CONNECTIONS_MAX {
                return;
            }
            open.push(other);
        }
        let _ = connection.set_nodelay(true);
        let mut from = BufReader::with_capacity(64 << 10, connection);
        while let Ok(true) = self.exchange_one(&mut from, connection) {}
        let _ = connection.shutdown(Shutdown::Both);
        lock(&self.open).retain(|other| other.peer_addr().ok() != address.as_ref().ok().copied());
    }

    /// Answers one request; whether there may be another.
    fn exchange_one(&self, from: &mut BufReader<&TcpStream>, mut to: &TcpStream) -> io::Result<bool> {
        let request = match Request::read(from) {
            Ok(None) => return Ok(false),
            Ok(Some(request)) => request,
            Err(HttpError::Io(error)) => return Err(error),
            Err(HttpError::Malformed(what)) => {
                runtime::error(400, "InvalidRequestFormat", what)
                    .with("Connection", "close")
                    .send(&mut to)?;
                return Ok(false);
            }
        };
        if request.expects_continue() {
            to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        // Without an answer, the environment ended: so does the connection.
        let Some(response) = self.answer(&request, from)? else { return Ok(false) };
        response.send(&mut to)?;
        Ok(!request.closes)
    }

    fn answer(&self, request: &Request, from: &mut BufReader<&TcpStream>) -> io::Result<Option<Response>> {
        let exchange = &*self.exchange;
        let mut body = request.body(from);
        let path: Vec<_> = request.path.trim_matches('/').split('/').collect();
        let response = match (&*request.method, &path[..]) {
            ("GET", ["ping"]) => Some(Response::new(200, "pong")),
            ("GET", ["2018-06-01", "runtime", "invocation", "next"]) => runtime::next(exchange),
            ("POST", ["2018-06-01", "runtime", "invocation", id, "response"]) => {
                Some(runtime::response(exchange, id, request, &mut body)?)
            }
            ("POST", ["2018-06-01", "runtime", "invocation", id, "error"]) => {
                Some(runtime::invocation_error(exchange, id, request, &mut body)?)
            }
            ("POST", ["2018-06-01", "runtime", "init", "error"]) => {
                Some(runtime::init_error(exchange, request, &mut body)?)
            }
            ("POST", ["2020-01-01", "extension", "register"]) => {
                let id = identifier()?;
                Some(extensions::register(exchange, &self.identity, &self.handler, request, &mut body, id)?)
            }
            ("GET", ["2020-01-01", "extension", "event", "next"]) => extensions::next(exchange, request),
            ("POST", ["2020-01-01", "extension", phase @ ("init" | "exit"), "error"]) => {
                io::copy(&mut body, &mut io::sink())?;
                Some(extensions::failed(exchange, request, *phase == "init"))
            }
            _ => Some(Response::new(404, "404 page not found\n")),
        };
        // What was not read of the body stands before the next request.
        io::copy(&mut body.by_ref().take(16 << 20), &mut io::sink())?;
        Ok(response)
    }
}
