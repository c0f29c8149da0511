//! Why AWS did not give a credential, or did not create a repository.

use crate::http::HttpError;

/// Why AWS did not answer as needed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EcrError {
    /// None of the usual sources has AWS credentials.
    #[error("no AWS credentials found; tried {tried}; the last answer was: {why}")]
    NoCredentials {
        /// The providers, in order.
        tried: &'static str,
        /// The last error.
        why: String,
    },
    /// AWS answered the call with an error.
    #[error("AWS refused {action} with status {status}: {code} {message}")]
    Refused {
        /// The call: `ecr:GetAuthorizationToken`, which is also the IAM action it needs.
        action: String,
        /// The status code.
        status: u16,
        /// AWS's name of the error: `AccessDeniedException`, for example.
        code: String,
        /// The message of AWS.
        message: String,
    },
    /// The request to AWS failed.
    #[error("cannot call {action}")]
    Http {
        /// The call.
        action: String,
        /// Why.
        source: HttpError,
    },
    /// The answer is not one that this call can have.
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
