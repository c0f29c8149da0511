//! Why a lock file cannot be used.

use std::path::PathBuf;

use crate::store::FileError;

/// The version of the file that this program reads and writes.
pub(super) const VERSION: i64 = 1;

/// Why a lock file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not text.
    #[error("`{}` is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The file is not the TOML of a lock file.
    #[error("`{}` is malformed", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The error of the TOML parser.
        source: toml::de::Error,
    },
    /// A value of the entry is wrong.
    #[error("`{}` is malformed: entry {entry}: {why}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Number of the entry, from 1.
        entry: usize,
        /// What is wrong.
        why: String,
    },
    /// A newer program wrote the file.
    #[error("`{}` has version {found}; this program supports version {VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
}
