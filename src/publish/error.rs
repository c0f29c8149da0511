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
    /// Something is there that this tool did not make.
    #[error("`{}` exists and is not a valid {expected}", path.display())]
    NotOurs {
        /// The output.
        path: PathBuf,
        /// What it would have to be.
        expected: &'static str,
    },
    /// OCI layouts hold OCI images: skopeo, umoci and oci-image-tool do not find others in them.
    #[error("`{0}` is an OCI layout, which cannot contain an image with Docker's media types")]
    Family(String),
    /// A directory of a layout is a link: it may lead anywhere.
    #[error("`{}` is a symlink, and images are not written through symlinks", .0.display())]
    Link(PathBuf),
    /// The index of a layout would be too large to be read again.
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
    /// Two outputs are one file.
    #[error("two outputs have the same path `{}`", .0.display())]
    Twice(PathBuf),
    /// A blob could not be read, or is not what its descriptor says.
    #[error("cannot copy a blob into `{}`", path.display())]
    Blob {
        /// The output.
        path: PathBuf,
        /// What is wrong with the blob.
        source: io::Error,
    },
    /// The members of an archive clash: two blobs of one name.
    #[error(transparent)]
    Clash(#[from] Clash),
    /// The index that is there is not one.
    #[error("cannot read `{}`", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}
