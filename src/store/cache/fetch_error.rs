//! Why a blob cannot be fetched into the cache.

use std::io;

use crate::digest::{Digest, Mismatch};
use crate::store::FileError;
use crate::work::Interrupted;

/// Why a blob could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The source or the connection failed. The part that arrived is kept.
    #[error("cannot fetch {digest}")]
    Source {
        /// The blob.
        digest: Digest,
        /// What went wrong.
        source: io::Error,
    },
    /// The source has other content under this digest.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// Another process deletes the file again and again.
    #[error("{0} is deleted from the cache while it is fetched")]
    Deleted(Digest),
    /// Interrupted. The part that arrived is kept.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}

impl From<FetchError> for io::Error {
    fn from(error: FetchError) -> Self {
        io::Error::other(error)
    }
}
