//! Why a tree or tar could not be packed.

use std::io;

use crate::work::Interrupted;

/// Why a tree or tar could not be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file cannot be read, or it changed while it was read.
    #[error("cannot read `{origin}`")]
    Read {
        /// Where the file comes from.
        origin: String,
        /// The host's own error.
        source: io::Error,
    },
    /// The layer cannot be written.
    #[error("cannot write a layer")]
    Write(#[source] io::Error),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}
