//! Errors of the host, with the files that they are about.

use std::io;
use std::path::PathBuf;

/// The operating system refused to do something with the file.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} `{}`", path.display())]
pub struct FileError {
    /// What failed: "read", "write" and so on.
    pub verb: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The host's own error.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`: wraps an error of the host.
    pub fn of(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { verb, path, source }
    }
}
