//! Why there is no verdict.

use crate::examine::ExamineError;
use crate::registry::RegistryError;
use crate::work::Interrupted;

/// Why there is no verdict about an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The registry does not say what refers to the image, or not what it is.
    #[error("the evidence about `{image}` cannot be read")]
    Registry {
        /// The image.
        image: String,
        /// Why.
        source: Box<RegistryError>,
    },
    /// More bundles than anybody needs.
    #[error("`{image}` has {found} bundles, and at most {most} are read")]
    TooMany {
        /// The image.
        image: String,
        /// How many the registry lists.
        found: usize,
        /// How many are read.
        most: usize,
    },
    /// The image cannot be checked.
    #[error(transparent)]
    Check(#[from] Box<ExamineError>),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}
