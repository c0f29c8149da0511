//! Why there is no credential.

use super::ecr_error::EcrError;
use super::helper_error::HelperError;

/// Why a provider that is responsible for the host did not give a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A file of credentials cannot be read, or its format is wrong.
    #[error("`{path}`: {why}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
    },
    /// A credential helper failed.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// ECR's token could not be fetched.
    #[error(transparent)]
    Ecr(#[from] EcrError),
}
