//! Why the bytes of a file cannot be used.

use std::path::PathBuf;

/// The file was written during the build.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` changed while it was being read")]
pub struct Changed(pub PathBuf);
