//! Targets of pushes: references that name their registry.

use super::{InvalidReference, Reference, host, is_registry};

/// A text that does not name what is pushed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTarget {
    /// A text that is not a reference.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// A reference that nothing is pushed to.
    #[error("`{text}` {why}")]
    Unclear {
        /// The text.
        text: String,
        /// Why not, as a clause about the text.
        why: &'static str,
    },
}

/// Whether the name of an image names its registry, too. A name without one would go to Docker Hub.
pub fn names_registry(text: &str) -> bool {
    text.split_once('/').is_some_and(|(first, _)| is_registry(first) && host(first).is_ok())
}

impl Reference {
    /// The reference of what is pushed: `REGISTRY/REPOSITORY[:TAG]`. The registry must be named, so that nothing goes
    /// to Docker Hub by accident.
    ///
    /// # Errors
    /// [`InvalidTarget`], also for a digest: what is pushed brings its own.
    pub fn target(text: &str) -> Result<Self, InvalidTarget> {
        let reference: Self = text.parse()?;
        let unclear = |why| InvalidTarget::Unclear { text: text.to_owned(), why };
        if !names_registry(text) {
            return Err(unclear(
                "names no registry: write REGISTRY/REPOSITORY:TAG, as in docker.io/me/function:v1",
            ));
        }
        if reference.digest.is_some() {
            return Err(unclear("has a digest, which what is pushed brings itself: name a tag"));
        }
        Ok(reference)
    }
}
