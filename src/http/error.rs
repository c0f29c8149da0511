//! Why a request got no usable answer.

use std::time::Duration;

use reqwest::Url;

use super::method::Method;
use crate::redact;

/// A request that got no usable answer.
#[derive(Debug, thiserror::Error)]
#[error("{method} {url}: {reason}")]
#[non_exhaustive]
pub struct HttpError {
    /// The method.
    pub method: Method,
    /// The URL, redacted.
    pub url: String,
    /// What went wrong.
    pub reason: Reason,
}

/// What went wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The HTTP client could not be created, for example because a file of certificates cannot be read.
    #[error("cannot set up the HTTP client: {0}")]
    Client(String),
    /// The host name is unknown, or the host refuses the connection or cannot be reached.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The certificate of the server is not trusted, or the TLS handshake failed.
    #[error("cannot set up a trusted TLS connection: {0}")]
    Tls(String),
    /// The server answers with plain HTTP.
    #[error("the server does not speak TLS: {0}")]
    NotTls(String),
    /// The connection made no progress for the time that a request has.
    #[error("no data arrived for {} s", after.as_secs_f32())]
    TimedOut {
        /// The time waited.
        after: Duration,
    },
    /// The answer arrives too slowly to wait for its end.
    #[error("only {bytes} bytes of the answer arrived in {} s", after.as_secs_f32())]
    Slow {
        /// What came, in bytes.
        bytes: usize,
        /// The time waited.
        after: Duration,
    },
    /// The connection ended before the answer was complete.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// A file that is sent could not be read, or it changed.
    #[error("cannot read the request body: {0}")]
    Source(String),
    /// The answer is larger than such an answer can be.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// The request would be sent unencrypted to a host for which this is not allowed.
    #[error("plain HTTP is allowed only to loopback addresses and to hosts listed as insecure")]
    Plain,
    /// A settings file can allow plain HTTP only without credentials.
    #[error("the credential would be sent unencrypted, and a settings file cannot allow that")]
    Clear,
    /// The server redirects the request to a place where it must not be sent.
    #[error("the redirect to {to} is refused: {why}")]
    Redirect {
        /// The target, redacted.
        to: String,
        /// Why not.
        why: &'static str,
    },
}

impl HttpError {
    pub(crate) fn new(method: Method, url: &Url, reason: Reason) -> Self {
        Self { method, url: redact::url(url), reason }
    }

    /// Whether the same request may work a moment later.
    pub fn is_transient(&self) -> bool {
        match &self.reason {
            // EAI_NONAME: a host that is misspelt stays so; EAI_AGAIN has other words.
            Reason::Connect(why) => !why.contains("not known"),
            Reason::TimedOut { .. } | Reason::Slow { .. } | Reason::Broken(_) => true,
            _ => false,
        }
    }
}
