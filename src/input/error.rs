//! Why the files at a path cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use super::ignore_error::IgnoreError;
use super::symlink_error::SymlinkError;
use super::zip_error::ZipFault;
use crate::tree::{Clash, ImagePath, InvalidPath};

/// Why the files at a path cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The path does not exist.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// The file or directory cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the host said.
        source: io::Error,
    },
    /// The file is a device, a socket or a named pipe.
    #[error("`{}` is {kind}: an image can contain only files, directories and symlinks", path.display())]
    Special {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// Names and link targets in an image must be UTF-8.
    #[error("{what} of `{name}` is not UTF-8")]
    NotUtf8 {
        /// The name or the target.
        what: &'static str,
        /// The path, with bytes outside of ASCII escaped.
        name: String,
    },
    /// The name of the file cannot be used in an image.
    #[error("the name of `{}` cannot be used in an image", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: InvalidPath,
    },
    /// The directory is empty, or all of its files are left out.
    #[error("`{}` contains no files for the image", .0.display())]
    Empty(PathBuf),
    /// The ignore file cannot be read.
    #[error("the ignore file `{origin}` {reason}")]
    IgnoreFile {
        /// The file.
        origin: String,
        /// Why not.
        reason: &'static str,
    },
    /// A pattern that cannot be used.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// A link that cannot be in an image.
    #[error(transparent)]
    Symlink(#[from] SymlinkError),
    /// A zip that cannot be used.
    #[error("cannot use the zip `{}`", archive.display())]
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
