//! Why a credential helper gave no answer.

/// The credential helper of Docker's config.json did not return a credential.
#[derive(Debug, thiserror::Error)]
#[error("credential helper `{program}` for {host}: {why}")]
#[non_exhaustive]
pub struct HelperError {
    /// The program.
    pub program: String,
    /// The host asked about.
    pub host: String,
    /// What went wrong.
    pub why: String,
}
