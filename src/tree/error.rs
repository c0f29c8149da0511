//! Why two trees cannot be combined.

use std::io;

use super::path::ImagePath;

/// Why two trees cannot be combined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Clash {
    /// Two inputs have different files for one path of the image.
    #[error("{first} and {second} both contain `/{path}`, with different content")]
    Claimed {
        /// The path inside the image.
        path: ImagePath,
        /// The one that came first.
        first: String,
        /// The one that came later.
        second: String,
    },
    /// The two files cannot be compared.
    #[error("cannot compare two inputs that both contain `/{path}`")]
    Compare {
        /// The path inside the image.
        path: ImagePath,
        /// The host's own error.
        source: io::Error,
    },
}
