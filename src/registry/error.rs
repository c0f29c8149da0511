//! Errors of requests to registries.

use std::io;

use crate::arch::Arch;
use crate::credentials;
use crate::digest::Digest;
use crate::http::{self, Method, Response};
use crate::redact;

/// The most that is read of an error's body, in bytes.
const ERROR_LIMIT: u64 = 64 * 1024;

/// Who gave the credential, where the registry refuses and asks for none that we know.
pub const UNASKED: &str = "none, and neither Basic nor Bearer is asked for";

/// Who gave the credential, where one would travel unencrypted and only a settings file permits plain HTTP.
pub const WITHHELD: &str = "none, for they would travel unencrypted";

/// One entry of a registry's `errors` (OCI distribution specification, error codes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// `NAME_UNKNOWN`, for example.
    pub code: String,
    /// The registry's own words, on one line.
    pub message: String,
}

/// An answer whose status is not the one that was needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The method.
    pub method: Method,
    /// The URL, redacted.
    pub url: String,
    /// The status code.
    pub status: u16,
    /// The registry's errors; empty where it gave none.
    pub errors: Vec<ApiError>,
    /// The seconds that it asked to wait.
    pub(super) retry_after: Option<std::time::Duration>,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: status {}", self.method, self.url, self.status)?;
        for (index, error) in self.errors.iter().enumerate() {
            let separator = if index == 0 { ": " } else { "; " };
            write!(f, "{separator}{}", error.code)?;
            if !error.message.is_empty() {
                write!(f, " {}", error.message)?;
            }
        }
        match self.retry_after.map(|asked| asked.as_secs()) {
            None | Some(0) => Ok(()),
            Some(seconds) => write!(f, " (it asks to wait {seconds} s)"),
        }
    }
}

/// Work with a registry that came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No usable answer.
    #[error(transparent)]
    Http(#[from] http::HttpError),
    /// A refusal.
    #[error("{0}")]
    Status(Box<Status>),
    /// 401 or 403: not with these credentials.
    #[error("{status} (credentials: {provider})")]
    Denied {
        /// The refusal.
        status: Box<Status>,
        /// Who gave the credential that was refused; "none" where there was none, [`UNASKED`] and [`WITHHELD`].
        provider: String,
        /// What it was for: `host[:port]` as credentials know it.
        registry: String,
        /// And the repository there; empty where it was about none.
        repository: String,
    },
    /// The repository does not exist.
    #[error("repository `{repository}` does not exist at {registry}: {status}")]
    RepositoryMissing {
        /// The registry, `host[:port]`.
        registry: String,
        /// The repository.
        repository: String,
        /// The registry's words.
        status: Box<Status>,
    },
    /// The manifest does not exist.
    #[error("`{reference}` does not exist: {status}")]
    NotFound {
        /// What was asked for.
        reference: String,
        /// The registry's words.
        status: Box<Status>,
    },
    /// The tag is taken by another image and cannot be moved.
    #[error("tag `{reference}` is immutable and is {theirs}, not {ours}")]
    TagImmutable {
        /// The tag.
        reference: String,
        /// The digest that was to be published.
        ours: Digest,
        /// The digest that the tag has.
        theirs: Digest,
    },
    /// Bytes that do not have the digest under which they were asked for or sent.
    #[error("{what}: the digest should be {expected}, and is {actual}")]
    WrongDigest {
        /// Which bytes.
        what: String,
        /// The digest wanted.
        expected: Digest,
        /// The digest found.
        actual: String,
    },
    /// An answer that does not follow the protocol.
    #[error("{what}: {why}")]
    Protocol {
        /// Which answer: method and URL, or a reference.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// No image for the architecture.
    #[error("`{reference}` has no image for linux/{}, only for {available}", arch.oci())]
    NoPlatform {
        /// The index or image.
        reference: String,
        /// What was wanted.
        arch: Arch,
        /// The existing names.
        available: String,
    },
    /// A credential could not be had.
    #[error("no credential for {host}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        source: Box<credentials::CredentialError>,
    },
    /// The repository could not be created.
    #[error("repository `{repository}` cannot be created at {registry}")]
    Create {
        /// The registry, `host[:port]`.
        registry: String,
        /// The repository.
        repository: String,
        /// Why.
        source: Box<credentials::CredentialError>,
    },
    /// A blob that is being sent or received is unreadable.
    #[error("blob {digest}")]
    Blob {
        /// The blob.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
}

impl RegistryError {
    /// The refusal in it, where there is one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            RegistryError::Status(status)
            | RegistryError::Denied { status, .. }
            | RegistryError::RepositoryMissing { status, .. }
            | RegistryError::NotFound { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether the registry named this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.status().is_some_and(|status| status.errors.iter().any(|error| error.code == code))
    }

    pub(super) fn protocol(what: impl ToString, why: impl ToString) -> Self {
        RegistryError::Protocol { what: what.to_string(), why: why.to_string() }
    }

    /// The refusal that `response` is. Reads its body.
    pub(super) fn refusal(response: Response) -> Status {
        let (method, url, status) = (response.method, redact::url(&response.url), response.status);
        let retry_after = http::retry_after(&response.headers);
        let kind = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let errors = match response.bytes(ERROR_LIMIT) {
            Ok(body) => api_errors(&body, &kind),
            Err(cause) => vec![said(&format!("({})", cause.reason))],
        };
        Status { method, url, status, errors, retry_after }
    }
}

fn said(words: &str) -> ApiError {
    ApiError { code: redact::text(words, 200), message: String::new() }
}

fn api_errors(body: &[u8], kind: &str) -> Vec<ApiError> {
    let text = String::from_utf8_lossy(body);
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
        let html = kind.contains("html") || text.trim_start().starts_with('<');
        return match text.trim() {
            "" => Vec::new(),
            // The bytes of a layer, for example.
            _ if std::str::from_utf8(body).is_err() => vec![said("(bytes that are no text)")],
            _ if html => vec![said("(a page of HTML instead of a registry's answer)")],
            plain => vec![said(plain)],
        };
    };
    let word = |value: &serde_json::Value, key: &str| {
        redact::text(value.get(key).and_then(|value| value.as_str()).unwrap_or_default(), 500)
    };
    let listed = json.get("errors").and_then(|errors| errors.as_array());
    let entries = listed.map_or(std::slice::from_ref(&json), Vec::as_slice);
    entries
        .iter()
        .take(5)
        .map(|entry| ApiError { code: word(entry, "code"), message: word(entry, "message") })
        .filter(|error| !error.code.is_empty() || !error.message.is_empty())
        .collect()
}
