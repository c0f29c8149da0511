//! Amazon ECR: its hosts, and with the Cargo feature `aws` its tokens and repositories.

#[cfg(feature = "aws")]
mod api;
#[cfg(feature = "aws")]
mod chain;
mod host;
#[cfg(feature = "aws")]
mod keychain;
#[cfg(feature = "aws")]
mod oidc;

pub use host::EcrHost;
#[cfg(feature = "aws")]
pub use keychain::{Ecr, Endpoints, Identity};

/// The AWS login of one registry, if it is not the default one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Login {
    /// The profile of AWS's configuration files, in the place of the chain of providers.
    pub profile: Option<String>,
    /// ARN of a role to assume with the credentials of the profile or the chain.
    pub role: Option<String>,
}

/// AWS did not give what was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EcrError {
    /// No provider of the chain has AWS credentials.
    #[error("no AWS credentials: tried {tried}: {why}")]
    NoCredentials {
        /// The providers, in order.
        tried: &'static str,
        /// What the last of them said.
        why: String,
    },
    /// AWS refused a call.
    #[error("{action}: status {status}: {code} {message}")]
    Refused {
        /// The call: `ecr:GetAuthorizationToken`, which is also the IAM action it needs.
        action: String,
        /// The status code.
        status: u16,
        /// AWS's name of the error: `AccessDeniedException`, for example.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// AWS could not be asked.
    #[error("{action}")]
    Http {
        /// The call.
        action: String,
        /// Why.
        source: crate::http::HttpError,
    },
    /// An answer, or a request, that makes no sense.
    #[error("{action}: {why}")]
    Answer {
        /// The call.
        action: String,
        /// What is wrong.
        why: String,
    },
}

impl EcrError {
    /// Whether AWS gave this error.
    pub fn has_code(&self, wanted: &str) -> bool {
        matches!(self, EcrError::Refused { code, .. } if code == wanted)
    }
}
