//! Requests and responses.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::error::{HttpError, Reason};
use super::method::Method;

/// The slowest transfer that is let run on, in bytes a second: who sends a byte a minute never trips the idle
/// time-out.
pub(super) const SLOWEST: u64 = 16 * 1024;

/// What a request is for, which decides where redirects may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A registry's API: redirects lead to storage, anywhere.
    Registry,
    /// A token service: redirects never lead to a private address, and its POST is never sent on.
    Token,
}

/// Opens a body from its start: each try and each redirect reads it again.
pub type OpenBody = Arc<dyn Fn() -> io::Result<Box<dyn Read + Send>> + Send + Sync>;

/// What a request carries.
#[derive(Clone)]
pub enum Body {
    /// Nothing. POST, PUT and PATCH say `Content-Length: 0`.
    Empty,
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
    /// A stream of known size in bytes.
    Stream {
        /// Opens it from the start.
        open: OpenBody,
        /// Its size in bytes: the `Content-Length`.
        size: u64,
    },
}

/// One request. Its URL may hold a signature and its headers a secret: there is no `Debug`.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers besides `Host`, `User-Agent` and `Content-Length`.
    pub headers: HeaderMap,
    /// What it carries.
    pub body: Body,
    /// How many idle time-outs to wait for the answer: more where the server has to digest an upload.
    pub patience: u32,
    /// Whether it may reach this machine alone, and goes through no proxy: [`Client`](super::Client) says so, from what
    /// [`Transport::is_loopback`](super::Transport::is_loopback) says of the URL.
    pub local: bool,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Body::Empty, patience: 1, local: false }
    }

    /// The same with a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// The same with a body.
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// An error of this request.
    pub(crate) fn error(&self, reason: Reason) -> HttpError {
        HttpError::new(self.method, &self.url, reason)
    }
}

/// The answer to a request, its body unread.
pub struct Response {
    /// The method that was asked, for messages.
    pub method: Method,
    /// The URL that answered, after redirects.
    pub url: Url,
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// How long nothing may come of the body.
    pub patience: Duration,
    /// The body: reads fail on time-outs and on connections that end early.
    pub body: Box<dyn Read + Send>,
}

impl Response {
    /// The value of a header, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `Content-Length` in bytes.
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// The whole body.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] where it is longer than `limit` bytes, [`Reason::Slow`] where it comes slower than
    /// 16 KiB a second for longer than may be waited, and what reading gives.
    pub fn bytes(mut self, limit: u64) -> Result<Vec<u8>, HttpError> {
        let error = |reason| HttpError::new(self.method, &self.url, reason);
        // The answer to a HEAD has the length of a body that it does not have.
        let announced = if self.method == Method::Head { None } else { self.content_length() };
        if announced.is_some_and(|length| length > limit) {
            return Err(error(Reason::TooLarge { limit }));
        }
        let began = Instant::now();
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = match self.body.read(&mut buffer) {
                Ok(count) => count,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(error(Reason::Broken(cause.to_string()))),
            };
            if count == 0 {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&buffer[..count]);
            if bytes.len() as u64 > limit {
                return Err(error(Reason::TooLarge { limit }));
            }
            let after = began.elapsed();
            if after > self.patience + Duration::from_secs(bytes.len() as u64 / SLOWEST) {
                return Err(error(Reason::Slow { bytes: bytes.len(), after }));
            }
        }
    }
}
