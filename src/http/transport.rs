//! `Transport`: the trait that sends one request.

use reqwest::Url;

use super::error::HttpError;
use super::loopback;
use super::message::{Request, Response};

/// Sends one request and returns its answer: no retry, no redirect, no authorization of its own.
///
/// The double of tests is a closure over scripted answers; see [`Client::new`](super::Client::new).
pub trait Transport: Send + Sync {
    /// Sends `request`.
    ///
    /// # Errors
    /// An [`HttpError`] only where no answer came: every status is an answer.
    fn send(&self, request: Request) -> Result<Response, HttpError>;

    /// Whether a URL's host is this machine, by every address that it is connected to at.
    fn is_loopback(&self, url: &Url) -> bool {
        loopback::is_loopback(url, &[])
    }
}

impl<F: Fn(Request) -> Result<Response, HttpError> + Send + Sync> Transport for F {
    fn send(&self, request: Request) -> Result<Response, HttpError> {
        self(request)
    }
}
