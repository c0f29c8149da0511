//! Why images could not be published.

use std::io;
use std::path::PathBuf;

use crate::store::DOCUMENT_MAX;
use crate::store::FileError;
use crate::tree::Clash;
use crate::work::Interrupted;

/// Why images could not be published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The output would replace files that are not an image.
    #[error("`{}` exists and is not a valid {expected}", path.display())]
    NotOurs {
        /// The output.
        path: PathBuf,
        /// What it would have to be.
        expected: &'static str,
    },
    /// skopeo, umoci and oci-image-tool find only OCI images in an OCI layout.
    #[error("`{0}` is an OCI layout, which cannot contain an image with Docker's media types")]
    Family(String),
    /// A directory of the layout is a symlink, which can lead out of the layout.
    #[error("`{}` is a symlink, and images are not written through symlinks", .0.display())]
    Link(PathBuf),
    /// The index of the layout would be too large to be read again.
    #[error("`{}` would grow to {size} bytes; an index can have at most {DOCUMENT_MAX}", path.display())]
    Full {
        /// The index.
        path: PathBuf,
        /// The bytes that it would have.
        size: u64,
    },
    /// A registry.
    #[error(transparent)]
    Registry(#[from] Box<crate::registry::RegistryError>),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
    /// Each output needs a path of its own.
    #[error("two outputs have the same path `{}`", .0.display())]
    Twice(PathBuf),
    /// The blob cannot be read, or its content does not have its digest.
    #[error("cannot copy a blob into `{}`", path.display())]
    Blob {
        /// The output.
        path: PathBuf,
        /// What is wrong with the blob.
        source: io::Error,
    },
    /// Two blobs of an archive have one name.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// The existing index of the layout is malformed.
    #[error("cannot read `{}`", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
