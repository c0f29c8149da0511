//! HTTP for registries: bodies that can be sent again, responses of limited size, redirects that leak no credentials,
//! and a limited number of retries. This module does not depend on registries.

mod client;
mod error;
mod loopback;
mod message;
mod method;
mod network;
mod paced;
mod redirect;
mod retry;
mod tls;
mod transport;

pub use client::Client;
pub use error::{HttpError, Reason};
// What tests put in the place of a network is public, and not for users of the library.
#[doc(hidden)]
pub use message::{Body, OpenBody, Purpose, Request, Response};
pub use method::Method;
pub use network::{Network, NetworkOptions};
pub(crate) use redirect::{is_private, same_origin};
#[doc(hidden)]
pub use reqwest::Url;
#[doc(hidden)]
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use retry::{Backoff, RetryPolicy};
pub(crate) use retry::{is_transient, retry_after};
pub use tls::{BadCertificates, check_certificates};
#[doc(hidden)]
pub use transport::Transport;
