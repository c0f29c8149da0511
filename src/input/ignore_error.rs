//! Why a pattern of an ignore file cannot be used.

/// A pattern of `.dockerignore`, `.lambdaignore` or an exclusion cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: pattern `{pattern}` {reason}")]
pub struct IgnoreError {
    pub(super) origin: String,
    pub(super) pattern: String,
    pub(super) reason: &'static str,
}
