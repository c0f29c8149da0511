//! Why what has the tag of an entry is not deleted.

/// Why what has the tag of an entry is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAnEntry {
    /// Nothing has the tag.
    #[error("the repository does not have this tag")]
    Missing,
    /// It has another artifact type than entries have, or is not a manifest of an image.
    #[error("it is not an entry: its artifact type is another one")]
    OtherType,
    /// This other tag names it, too, or something that names it.
    #[error("it is an image of yours: the tag `{0}` names it, too")]
    Named(String),
}
