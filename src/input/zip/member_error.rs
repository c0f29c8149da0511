//! Why a member of a zip cannot be read.

use std::path::PathBuf;

/// The content of the member is not what the archive states.
#[derive(Debug, thiserror::Error)]
#[error("member `{name}` of `{}` is corrupt: {reason}", archive.display())]
pub struct Corrupt {
    pub(super) archive: PathBuf,
    pub(super) name: String,
    pub(super) reason: String,
}
