//! Why a manifest cannot be used.

use super::config_error::ConfigError;
use crate::digest::{Digest, InvalidDigest};

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is not the JSON of a manifest.
    #[error("the manifest is malformed")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A digest that is not SHA-256.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// It is neither an OCI nor a Docker image manifest.
    #[error("`{0}` is not the media type of an image manifest")]
    NotAnImage(String),
    /// The image has media types of Docker and of OCI. podman refuses such an image.
    #[error(
        "the manifest mixes media types of Docker and OCI: it has `{manifest}`, and a part of it has `{part}`"
    )]
    Mixed {
        /// Type of the manifest.
        manifest: &'static str,
        /// Type of the part.
        part: String,
    },
    /// Lambda or ECR is not known to accept a layer of this type.
    #[error("layer {digest} is `{media_type}`: {reason}")]
    Layer {
        /// The layer.
        digest: Digest,
        /// Its media type.
        media_type: String,
        /// Why it cannot be used.
        reason: &'static str,
    },
    /// The configuration is not the one that the manifest names.
    #[error("the image configuration has digest {found}, expected {expected}")]
    Config {
        /// By the manifest.
        expected: Digest,
        /// Of the bytes found.
        found: Digest,
    },
    /// The manifest and the configuration have different numbers of layers.
    #[error("the manifest has {layers} layers, but the image configuration has {diff_ids} diff_ids")]
    Count {
        /// Layers of the manifest.
        layers: usize,
        /// `rootfs.diff_ids` of the configuration.
        diff_ids: usize,
    },
    /// The configuration is larger than a configuration can be.
    #[error("the image configuration has {0} bytes, which is too many")]
    LargeConfig(u64),
    /// The configuration cannot be used.
    #[error(transparent)]
    BadConfig(#[from] ConfigError),
}
