//! Why a text does not name a target of a push.

use super::InvalidReference;

/// Why a text is not a reference to push to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTarget {
    /// A text that is not a reference.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
    /// The reference cannot be the target of a push.
    #[error("`{text}` {why}")]
    Unclear {
        /// The text.
        text: String,
        /// Why not, as a clause about the text.
        why: &'static str,
    },
}
