//! Why an image cannot be read.

use std::io;

use super::image_ref::{ImageName, Medium};
use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::{ConfigError, ManifestError};
use crate::pack::PackError;
use crate::reference::InvalidReference;
use crate::registry;
use crate::store::FileError;
use crate::work::Interrupted;

/// How deep indexes may nest: that of a layout, one of several platforms, and one to spare.
pub(super) const DEPTH: usize = 4;

/// Why an image cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest or the configuration cannot be used.
    #[error("cannot read {image}")]
    Manifest {
        /// The image.
        image: ImageName,
        /// What is wrong.
        source: ManifestError,
    },
    /// The path does not contain an image of this kind.
    #[error("{image} is not a valid {expected}: it has no `{missing}`")]
    NotAnImage {
        /// The image.
        image: ImageName,
        /// What it should be.
        expected: Medium,
        /// The file that would make it one.
        missing: String,
    },
    /// The layout, archive or index has no image for the tag or the platform.
    #[error("{image} has no image {wanted}; it has {found}")]
    NoMatch {
        /// The image.
        image: ImageName,
        /// What was looked for.
        wanted: String,
        /// What was found.
        found: String,
    },
    /// The reference is an index of several images, but Lambda needs one.
    #[error("`{}` is an index of {found}; Lambda accepts only single images", image.reference)]
    Index {
        /// The image.
        image: ImageName,
        /// What was found.
        found: String,
    },
    /// `embedded` and `scratch` are bases, not images.
    #[error("`{name}` is not an image that can be pushed")]
    NotASource {
        /// What was named.
        name: String,
    },
    /// Several images match, and none of them was chosen.
    #[error("{image} contains several images: {found}")]
    Ambiguous {
        /// The image.
        image: ImageName,
        /// What was found.
        found: String,
    },
    /// The base has another platform than the build.
    #[error("{image} is for {found}, but the build is for linux/{}", arch.oci())]
    Platform {
        /// The image.
        image: ImageName,
        /// The image's `os/architecture`.
        found: String,
        /// What the build is for.
        arch: Arch,
    },
    /// The registry deleted the image that a pin names.
    #[error("{image} is pinned to {digest}, which its registry no longer has")]
    Withdrawn {
        /// The base.
        image: ImageName,
        /// The digest of the manifest.
        digest: Digest,
        /// The answer of the registry.
        source: Box<registry::RegistryError>,
    },
    /// A blob is missing, too short or too long.
    #[error("{image}: blob {digest} is missing or has the wrong size: {found} bytes, expected {size}")]
    Blob {
        /// The image.
        image: ImageName,
        /// The blob.
        digest: Digest,
        /// By its descriptor.
        size: u64,
        /// Bytes found.
        found: u64,
    },
    /// The manifest does not have the size that the index states.
    #[error("{image}: the index states {size} bytes for {digest}, which has {found}")]
    Listed {
        /// The image.
        image: ImageName,
        /// The manifest.
        digest: Digest,
        /// By the index.
        size: u64,
        /// Bytes found.
        found: u64,
    },
    /// The content of the layer is not the one that the configuration names.
    #[error("{image}: layer {index} has diff_id {found}, expected {expected}")]
    DiffId {
        /// The image.
        image: ImageName,
        /// From 0, the lowest.
        index: usize,
        /// By the configuration.
        expected: Digest,
        /// Of the bytes.
        found: Digest,
    },
    /// The reference names a digest that the image does not have.
    #[error("{image} has digest {found}, expected {expected}")]
    Pin {
        /// The image.
        image: ImageName,
        /// By the reference.
        expected: Digest,
        /// What was found.
        found: Digest,
    },
    /// Indexes are nested too deep, or they form a cycle.
    #[error("{image}: indexes are nested more than {DEPTH} deep")]
    Nested {
        /// The image.
        image: ImageName,
    },
    /// A file of the image cannot be read.
    #[error("cannot read {image}")]
    Read {
        /// The image.
        image: ImageName,
        /// The host's own error.
        source: io::Error,
    },
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
    /// A layer cannot be compressed.
    #[error("cannot compress a layer of {image}")]
    Pack {
        /// The image.
        image: ImageName,
        /// What went wrong.
        source: PackError,
    },
    /// The registry refused the request, or it could not be reached.
    #[error("cannot read {image}")]
    Registry {
        /// The image.
        image: ImageName,
        /// What it refused or did wrong.
        source: registry::RegistryError,
    },
    /// A blob cannot be fetched from the registry.
    #[error("{image}: cannot fetch blob {digest}")]
    Fetch {
        /// The image.
        image: ImageName,
        /// The blob.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// The build must not use the network, and the cache does not contain everything.
    #[error("{image}: {missing} is not in the cache, and the network must not be used")]
    Offline {
        /// The image.
        image: ImageName,
        /// What is missing, with digests.
        missing: String,
    },
    /// Only the registry knows which image a tag names, and the network must not be used.
    #[error("{image} is a tag, which cannot be resolved without the network")]
    OfflineTag {
        /// The image.
        image: ImageName,
    },
    /// The lock file has a configuration that is not the one of the pinned image.
    #[error("{image} has configuration {found}, but the lock file has {expected}")]
    PinnedConfig {
        /// The image.
        image: ImageName,
        /// By the lock.
        expected: Digest,
        /// By the manifest.
        found: Digest,
    },
    /// The base of a runtime is not a reference.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
}

impl SourceError {
    /// A blob that is not there in full.
    pub(super) fn lacks(image: &ImageName, digest: Digest, size: u64, found: u64) -> Self {
        SourceError::Blob { image: image.clone(), digest, size, found }
    }

    /// An error of the host while an image is read.
    pub(super) fn reading(image: &ImageName, source: io::Error) -> Self {
        SourceError::Read { image: image.clone(), source }
    }

    /// An error of packing a layer of the image; an interrupt is not about the image.
    pub(super) fn packing(image: &ImageName, source: PackError) -> Self {
        match source {
            PackError::Interrupted(interrupted) => interrupted.into(),
            source => SourceError::Pack { image: image.clone(), source },
        }
    }

    pub(super) fn config(image: &ImageName, source: ConfigError) -> Self {
        SourceError::Manifest { image: image.clone(), source: ManifestError::BadConfig(source) }
    }
}
