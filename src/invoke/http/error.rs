//! What is wrong with a request.

use std::io;

/// Why a request cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// It breaks the rules; the answer has this status.
    #[error("{0}")]
    Malformed(&'static str),
    /// The connection broke.
    #[error("read a request")]
    Io(#[from] io::Error),
}
