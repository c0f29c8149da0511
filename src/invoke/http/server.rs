//! `Server`: listens, and answers each connection on a thread of its own.

use std::io::{self, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::body::Body;
use super::error::HttpError;
use super::request::Request;
use super::response::Response;
use crate::work::lock;

/// The connections that may be open at once.
const CONNECTIONS_MAX: usize = 1_024;
/// What is read and thrown away of a body that a handler did not want.
const UNREAD_MAX: u64 = 16 << 20;

/// What a connection is read from.
pub type Connection<'a> = BufReader<&'a TcpStream>;

/// What becomes of a request.
pub enum Answer {
    /// It is answered so.
    Whole(Response),
    /// The handler has sent the answer itself.
    Sent,
    /// The connection ends without an answer.
    HangUp,
}

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request. An answer in pieces is written to `to`.
    ///
    /// # Errors
    /// Those of the connection, which ends then.
    fn answer(
        &self,
        request: &Request,
        body: &mut Body<'_, Connection<'_>>,
        to: &mut dyn Write,
    ) -> io::Result<Answer>;

    /// The answer to a malformed request.
    fn malformed(&self, what: &str) -> Response;
}

/// A server. It ends with the value, and with it all connections.
pub struct Server {
    address: SocketAddr,
    serving: Arc<Serving>,
}

struct Serving {
    listener: TcpListener,
    handler: Box<dyn Handler>,
    ended: AtomicBool,
    open: Mutex<Vec<(u64, TcpStream)>>,
}

impl Server {
    /// Serves what `listener` accepts.
    ///
    /// # Errors
    /// Those of the host.
    pub fn start(listener: TcpListener, handler: impl Handler) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let serving = Arc::new(Serving {
            listener,
            handler: Box::new(handler),
            ended: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let accepting = Arc::clone(&serving);
        thread::Builder::new().name("server".to_owned()).spawn(move || accept(&accepting))?;
        Ok(Self { address, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.ended.store(true, Ordering::Release);
        // The listener waits for connections: it does no longer.
        let _ = rustix::net::shutdown(&self.serving.listener, rustix::net::Shutdown::Both);
        for (_, connection) in lock(&self.serving.open).drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

fn accept(serving: &Arc<Serving>) {
    for (number, connection) in (0..).zip(serving.listener.incoming()) {
        if serving.ended.load(Ordering::Acquire) {
            return;
        }
        let Ok(connection) = connection else { continue };
        let serving = Arc::clone(serving);
        // Without a thread for it, the client sees the connection end.
        let _ = thread::Builder::new().spawn(move || serving.serve(number, &connection));
    }
}

impl Serving {
    fn serve(&self, number: u64, connection: &TcpStream) {
        let Ok(other) = connection.try_clone() else { return };
        {
            let mut open = lock(&self.open);
            if open.len() >= CONNECTIONS_MAX || self.ended.load(Ordering::Acquire) {
                return;
            }
            open.push((number, other));
        }
        let _ = connection.set_nodelay(true);
        let mut from = BufReader::with_capacity(64 << 10, connection);
        while let Ok(true) = self.one(&mut from, connection) {}
        let _ = connection.shutdown(Shutdown::Both);
        lock(&self.open).retain(|(other, _)| *other != number);
    }

    /// Answers one request; whether there may be another.
    fn one(&self, from: &mut Connection<'_>, mut to: &TcpStream) -> io::Result<bool> {
        let request = match Request::read(from) {
            Ok(None) => return Ok(false),
            Ok(Some(request)) => request,
            Err(HttpError::Io(error)) => return Err(error),
            Err(HttpError::Malformed(what)) => {
                self.handler.malformed(what).with("Connection", "close").send(&mut to)?;
                return Ok(false);
            }
        };
        if request.expects_continue() {
            to.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let mut body = request.body(from);
        let answer = self.handler.answer(&request, &mut body, &mut to);
        if let (Err(_), Some(what)) = (&answer, body.malformed()) {
            self.handler.malformed(what).with("Connection", "close").send(&mut to)?;
            return Ok(false);
        }
        let answer = answer?;
        // What was not read of the body stands before the next request; after what is malformed, nothing stands anywhere.
        let unread = io::copy(&mut body.by_ref().take(UNREAD_MAX), &mut io::sink());
        let is_malformed = body.malformed().is_some();
        match answer {
            Answer::Whole(response) if is_malformed => response.with("Connection", "close").send(&mut to)?,
            Answer::Whole(response) => response.send(&mut to)?,
            Answer::Sent => {}
            Answer::HangUp => return Ok(false),
        }
        Ok(!request.closes && unread? < UNREAD_MAX)
    }
}
