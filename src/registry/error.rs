//! Errors of requests to registries.

use std::io;

use crate::arch::Arch;
use crate::credentials;
use crate::digest::Digest;
use crate::http::{self, Method, Response};
use crate::redact;
use crate::reference::Reference;

/// The most that is read of an error's body, in bytes.
const ERROR_LIMIT: u64 = 64 * 1024;

/// Who gave the credential, where the registry refuses and asks for none that we know.
pub const UNASKED: &str = "none; the registry asks for neither Basic nor Bearer";

/// Who gave the credential, where one would travel unencrypted and only a settings file permits plain HTTP.
pub const WITHHELD: &str = "none, because they would be sent unencrypted";

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

/// Why a registry could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The request got no usable answer.
    #[error(transparent)]
    Http(#[from] http::HttpError),
    /// The registry answered with an error.
    #[error("{0}")]
    Status(Box<Status>),
    /// The registry answered 401 or 403: it does not accept the credential.
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
    /// The registry does not have the repository.
    #[error("repository `{repository}` does not exist at {registry}: {status}")]
    RepositoryMissing {
        /// The registry, `host[:port]`.
        registry: String,
        /// The repository.
        repository: String,
        /// The answer of the registry.
        status: Box<Status>,
    },
    /// The registry does not have the image.
    #[error("`{reference}` does not exist: {status}")]
    NotFound {
        /// What was asked for.
        reference: String,
        /// The answer of the registry.
        status: Box<Status>,
    },
    /// The tag already points to another image, and the registry does not allow changing it.
    #[error("tag `{reference}` is immutable and points to {theirs}, not to {ours}")]
    TagImmutable {
        /// The tag.
        reference: String,
        /// The digest that was to be published.
        ours: Digest,
        /// The digest that the tag has.
        theirs: Digest,
    },
    /// The registry or a proxy returned other content than requested or sent.
    #[error("{what}: the digest is {actual}, expected {expected}")]
    WrongDigest {
        /// Which bytes.
        what: String,
        /// The digest wanted.
        expected: Digest,
        /// The digest found.
        actual: String,
    },
    /// The answer does not follow the OCI distribution specification.
    #[error("{what}: {why}")]
    Protocol {
        /// Which answer: method and URL, or a reference.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The index has images only for other platforms.
    #[error("`{reference}` has no image for linux/{}; it has {available}", arch.oci())]
    NoPlatform {
        /// The index or image.
        reference: String,
        /// What was wanted.
        arch: Arch,
        /// The existing names.
        available: String,
    },
    /// A source of credentials failed.
    #[error("cannot get a credential for {host}")]
    Credentials {
        /// The registry.
        host: String,
        /// Why.
        source: Box<credentials::CredentialError>,
    },
    /// The repository does not exist, and it cannot be created.
    #[error("cannot create repository `{repository}` at {registry}")]
    Create {
        /// The registry, `host[:port]`.
        registry: String,
        /// The repository.
        repository: String,
        /// Why.
        source: Box<credentials::CredentialError>,
    },
    /// The registry does not delete images.
    #[error("{registry} does not delete images: {status}")]
    CannotDelete {
        /// The registry, `host[:port]`.
        registry: String,
        /// The answer of the registry.
        status: Box<Status>,
    },
    /// The API of the registry's operator does not list or delete the images of a repository.
    #[error("cannot administer repository `{repository}` at {registry}")]
    Administration {
        /// The registry, `host[:port]`.
        registry: String,
        /// The repository.
        repository: String,
        /// Why.
        source: Box<credentials::CredentialError>,
    },
    /// A blob cannot be read while it is sent or received.
    #[error("cannot transfer blob {digest}")]
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
            | RegistryError::CannotDelete { status, .. }
            | RegistryError::NotFound { status, .. } => Some(status),
            _ => None,
        }
    }

    /// Whether the registry named this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.status().is_some_and(|status| status.errors.iter().any(|error| error.code == code))
    }

    /// The API of the operator failed at the repository of `reference`.
    pub(crate) fn administration(reference: &Reference, source: credentials::CredentialError) -> Self {
        let (registry, repository) = (reference.registry().to_owned(), reference.repository().to_owned());
        Self::Administration { registry, repository, source: Box::new(source) }
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
            _ if std::str::from_utf8(body).is_err() => vec![said("(bytes that are not text)")],
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
