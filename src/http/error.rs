//! Why a request got no usable answer.

use std::fmt;
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The HTTP client could not be made: unreadable `--ca-cert`, for example.
    Client(String),
    /// No connection: name not found, refused, unreachable.
    Connect(String),
    /// The server speaks TLS, and its certificate or its handshake was refused.
    Tls(String),
    /// The server does not speak TLS.
    NotTls(String),
    /// Nothing moved for this long.
    TimedOut {
        /// The time waited.
        after: Duration,
    },
    /// The answer came too slowly to wait for its end.
    Slow {
        /// What came, in bytes.
        bytes: usize,
        /// The time waited.
        after: Duration,
    },
    /// The connection broke before the answer was complete.
    Broken(String),
    /// The body to send could not be read.
    Source(String),
    /// The answer is longer than the limit.
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// Plain HTTP to a host for which it is not allowed.
    Plain,
    /// A credential that would travel in clear to a host of which only a settings file says that it may be
    /// spoken to so.
    Clear,
    /// A redirect that was not followed.
    Redirect {
        /// The target, redacted.
        to: String,
        /// Why not.
        why: &'static str,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Client(why) => write!(f, "cannot set up the HTTP client: {why}"),
            Reason::Connect(why) => write!(f, "cannot connect: {why}"),
            Reason::Tls(why) => write!(f, "cannot set up a trusted TLS connection: {why}"),
            Reason::NotTls(why) => write!(f, "the server does not speak TLS: {why}"),
            Reason::TimedOut { after } => write!(f, "no data arrived for {} s", after.as_secs_f32()),
            Reason::Slow { bytes, after } => {
                write!(f, "only {bytes} bytes of the answer arrived in {} s", after.as_secs_f32())
            }
            Reason::Broken(why) => write!(f, "the connection broke: {why}"),
            Reason::Source(why) => write!(f, "cannot read the request body: {why}"),
            Reason::TooLarge { limit } => write!(f, "the answer is longer than {limit} bytes"),
            Reason::Plain => f.write_str(
                "plain HTTP is allowed only to loopback addresses and to hosts listed as insecure",
            ),
            Reason::Clear => {
                f.write_str("the credential would be sent unencrypted, and a settings file cannot allow that")
            }
            Reason::Redirect { to, why } => write!(f, "the redirect to {to} is refused: {why}"),
        }
    }
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
