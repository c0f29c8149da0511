//! Why a text does not name an image.

use crate::digest::InvalidDigest;
use crate::reference::InvalidReference;

/// Why a text does not name an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBase {
    /// The path after the colon is missing.
    #[error("`{0}` does not name a file or a directory")]
    NoPath(String),
    /// A malformed digest after `@`.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// A malformed reference.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// A name without a registry is not looked up at Docker Hub, because it is likely misspelt.
    #[error("`{text}` {why}")]
    Unclear {
        /// The text.
        text: String,
        /// What to write instead, as a clause about the text.
        why: String,
    },
}
