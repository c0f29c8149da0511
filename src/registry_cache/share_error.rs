//! A text that is not a share.

/// The text is not a share.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a share: write a percentage such as 5%, or all")]
pub struct InvalidShare(pub(super) String);
