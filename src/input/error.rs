//! Errors about paths that cannot be inputs.

use std::io;
use std::path::{Path, PathBuf};

use super::ignore::IgnoreError;
use super::symlink::SymlinkError;
use super::zip_fault::ZipFault;
use crate::tree::{Clash, ImagePath, InvalidPath};

/// Why a path is not an input.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Nothing is there.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// The host's own error.
    #[error("read `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the host said.
        source: io::Error,
    },
    /// A file of a kind that no image may hold.
    #[error("`{}` is {kind}: only files, directories and symlinks go into an image", path.display())]
    Special {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// A name or a link's target that is not UTF-8.
    #[error("{what} of `{name}` is not UTF-8")]
    NotUtf8 {
        /// The name or the target.
        what: &'static str,
        /// The path, with the bytes that are not ASCII escaped.
        name: String,
    },
    /// A name that no image may hold.
    #[error("the name of `{}` cannot go into an image", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: InvalidPath,
    },
    /// There is no file to put into an image, or all are left out.
    #[error("`{}` holds no file to put into an image", .0.display())]
    Empty(PathBuf),
    /// The ignore file cannot be read as one.
    #[error("the ignore file `{origin}` {reason}")]
    IgnoreFile {
        /// The file.
        origin: String,
        /// Why not.
        reason: &'static str,
    },
    /// An invalid pattern.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// A link that no image can hold.
    #[error(transparent)]
    Symlink(#[from] SymlinkError),
    /// A zip that cannot be used.
    #[error("the zip `{}` cannot be used", archive.display())]
    Zip {
        /// The zip.
        archive: PathBuf,
        /// What is wrong with it.
        source: ZipFault,
    },
    /// Two entries for one path.
    #[error(transparent)]
    Clash(#[from] Clash),
}

/// A name on the host as a path of the image.
pub(super) fn image_path(text: &str, path: &Path) -> Result<ImagePath, InputError> {
    ImagePath::new(text).map_err(|source| InputError::Name { path: path.to_owned(), source })
}

/// The error for a name or target that is not UTF-8.
pub(super) fn not_utf8(what: &'static str, path: &Path) -> InputError {
    InputError::NotUtf8 { what, name: path.as_os_str().as_encoded_bytes().escape_ascii().to_string() }
}
