//! A tag for the copy of a base that is taken.

use crate::digest::Digest;
use crate::reference::Reference;

/// The tag for the copy of a base points to another image, which stays.
#[derive(Debug, thiserror::Error)]
#[error("tag `{reference}` points to {theirs}, not to the pinned base {ours}")]
pub struct OtherCopy {
    /// The tag.
    pub reference: Reference,
    /// The digest of the base.
    pub ours: Digest,
    /// The digest that the tag has.
    pub theirs: Digest,
}
