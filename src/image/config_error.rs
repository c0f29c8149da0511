//! Why an image configuration cannot be used.

use crate::digest::InvalidDigest;

/// Why an image configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is not JSON.
    #[error("the image configuration is malformed")]
    Malformed(#[source] serde_json::Error),
    /// A required field is missing or has the wrong type.
    #[error("the image configuration is malformed: `{0}` is missing or has the wrong type")]
    Field(&'static str),
    /// A `diff_id` is not a SHA-256 digest.
    #[error("the image configuration is malformed")]
    DiffId(#[from] InvalidDigest),
    /// The history has more entries for layers than the image has layers.
    #[error("the image configuration has {entries} history entries for {layers} layers")]
    History {
        /// Entries that are not marked `empty_layer`.
        entries: usize,
        /// Layers.
        layers: usize,
    },
}
