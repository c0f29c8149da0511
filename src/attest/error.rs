//! Why an image has no evidence.

use crate::inspect::InspectError;
use crate::registry::RegistryError;
use crate::sign::SignError;
use crate::work::Interrupted;

/// Why evidence could not be made or attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// The image cannot be read completely.
    #[error(transparent)]
    Inspect(#[from] Box<InspectError>),
    /// The image is in the registry, and the evidence is not.
    #[error("`{image}` is published, but its {kind} is not attached")]
    Registry {
        /// The image.
        image: String,
        /// The kind of evidence.
        kind: &'static str,
        /// Why.
        source: Box<RegistryError>,
    },
    /// The image is in the registry, and its evidence is not signed, and not attached.
    #[error("`{image}` is published, but its {kind} is not signed")]
    Sign {
        /// The image.
        image: String,
        /// The kind of evidence.
        kind: &'static str,
        /// Why.
        source: SignError,
    },
    /// The image is in its new repository, and not all of the evidence about it.
    #[error("`{image}` is published, but not all evidence about it is copied")]
    Copy {
        /// The image.
        image: String,
        /// Why.
        source: Box<RegistryError>,
    },
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}
