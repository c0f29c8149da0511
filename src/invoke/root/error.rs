//! Why an image cannot be unpacked.

use std::io;

use crate::digest::Digest;
use crate::store::FileError;
use crate::work::Interrupted;

/// Why an image cannot be unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RootError {
    /// The stored bytes of a layer cannot be read.
    #[error("read a layer")]
    Layer(#[source] io::Error),
    /// A layer is another one than the configuration names.
    #[error("the tar of a layer has the digest {found}, the image configuration says {expected}")]
    DiffId {
        /// What the configuration says.
        expected: Digest,
        /// What the tar has.
        found: Digest,
    },
    /// A path leads out of the image.
    #[error("a layer holds `{path}`, which leads out of the image")]
    Path {
        /// The path as stored.
        path: String,
    },
    /// A file of the image cannot be made here.
    #[error("unpack `/{path}`")]
    File {
        /// The path in the image.
        path: String,
        /// The host's own error.
        source: io::Error,
    },
    /// The host refuses a directory of the cache.
    #[error(transparent)]
    Host(#[from] FileError),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}
