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
    /// The manifest or what belongs to it.
    #[error("{image}")]
    Manifest {
        /// The image.
        image: ImageName,
        /// What is wrong.
        source: ManifestError,
    },
    /// The path holds no image.
    #[error("{image} is no {expected}: it has no `{missing}`")]
    NotAnImage {
        /// The image.
        image: ImageName,
        /// What it should be.
        expected: Medium,
        /// The file that would make it one.
        missing: String,
    },
    /// None of the images is the one asked for.
    #[error("{image} has no image {wanted}; it has {found}")]
    NoMatch {
        /// The image.
        image: ImageName,
        /// What was looked for.
        wanted: String,
        /// The existing names.
        found: String,
    },
    /// An index, where one image is wanted.
    #[error("`{}` is an index of {found}: Lambda takes single images alone", image.reference)]
    Index {
        /// The image.
        image: ImageName,
        /// The existing names.
        found: String,
    },
    /// Made by a build, and no image of its own.
    #[error("`{name}` is not an image that can be pushed")]
    NotASource {
        /// What was named.
        name: String,
    },
    /// More than one image would do.
    #[error("{image} has several images, say which: {found}")]
    Ambiguous {
        /// The image.
        image: ImageName,
        /// The existing names.
        found: String,
    },
    /// Another architecture or system than the build's.
    #[error("{image} is for {found}, the build for linux/{}", arch.oci())]
    Platform {
        /// The image.
        image: ImageName,
        /// The image's `os/architecture`.
        found: String,
        /// What the build is for.
        arch: Arch,
    },
    /// A blob is missing, too short or too long.
    #[error("{image} lacks blob {digest}, or has {found} of its {size} bytes")]
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
    /// An index states another size than a manifest has.
    #[error("{image}: the index says that {digest} has {size} bytes, and it has {found}")]
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
    /// The bytes of a layer are not what the configuration says.
    #[error("{image}: layer {index} hashes to {found}, its diff_id is {expected}")]
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
    /// The image is pinned to another digest.
    #[error("{image} is {found}, and was to be {expected}")]
    Pin {
        /// The image.
        image: ImageName,
        /// By the reference.
        expected: Digest,
        /// The existing names.
        found: Digest,
    },
    /// The index points in circles.
    #[error("{image}: indexes are nested more than {DEPTH} deep")]
    Nested {
        /// The image.
        image: ImageName,
    },
    /// A file of the image could not be read.
    #[error("read {image}")]
    Read {
        /// The image.
        image: ImageName,
        /// The host's own error.
        source: io::Error,
    },
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
    /// A layer could not be compressed.
    #[error("{image}")]
    Pack {
        /// The image.
        image: ImageName,
        /// What went wrong.
        source: PackError,
    },
    /// A registry.
    #[error("{image}")]
    Registry {
        /// The image.
        image: ImageName,
        /// What it refused or did wrong.
        source: registry::RegistryError,
    },
    /// A blob of a registry cannot be had.
    #[error("{image}: blob {digest} could not be fetched")]
    Fetch {
        /// The image.
        image: ImageName,
        /// The blob.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// Nothing may be fetched, and the cache lacks something.
    #[error("{image}: the cache lacks {missing}, and nothing may be fetched")]
    Offline {
        /// The image.
        image: ImageName,
        /// What is missing, with digests.
        missing: String,
    },
    /// Nothing may be asked, and only the registry knows which image a tag is.
    #[error("{image} is a tag: only its registry knows which image that is, and it may not be asked")]
    OfflineTag {
        /// The image.
        image: ImageName,
    },
    /// The lock names a configuration that the pinned manifest does not.
    #[error("{image} has configuration {found}, and the lock says {expected}")]
    PinnedConfig {
        /// The image.
        image: ImageName,
        /// By the lock.
        expected: Digest,
        /// By the manifest.
        found: Digest,
    },
    /// What a runtime is built on is not a reference.
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
