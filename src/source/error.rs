//! Why a base cannot be built on.

use std::io;

use super::ImageRef;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::{ConfigError, ManifestError};
use crate::pack::PackError;
use crate::reference::InvalidReference;
use crate::registry;
use crate::store::FileError;
use crate::work::Interrupted;

/// Why a base cannot be built on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest or what belongs to it.
    #[error("base `{base}`")]
    Manifest {
        /// The base.
        base: String,
        /// What is wrong.
        source: ManifestError,
    },
    /// The path holds no image.
    #[error("base `{base}` is no {expected}: it has no `{missing}`")]
    NotAnImage {
        /// The base.
        base: String,
        /// What it should be.
        expected: &'static str,
        /// The file that would make it one.
        missing: String,
    },
    /// None of the images is the one asked for.
    #[error("base `{base}` has no image {wanted}; it has {found}")]
    NoMatch {
        /// The base.
        base: String,
        /// What was looked for.
        wanted: String,
        /// What is there.
        found: String,
    },
    /// An index, where one image is wanted.
    #[error("`{base}` is an index of {found}: Lambda takes single images alone")]
    Index {
        /// The base.
        base: String,
        /// What is there.
        found: String,
    },
    /// Made by a build, and no image of its own.
    #[error("`{name}` is not an image that can be pushed")]
    NotASource {
        /// What was named.
        name: String,
    },
    /// More than one image would do.
    #[error("base `{base}` has several images, say which: {found}")]
    Ambiguous {
        /// The base.
        base: String,
        /// What is there.
        found: String,
    },
    /// Another architecture or system than the build's.
    #[error("base `{base}` is for {found}, the build for linux/{}", arch.oci())]
    Platform {
        /// The base.
        base: String,
        /// The base's `os/architecture`.
        found: String,
        /// What the build is for.
        arch: Arch,
    },
    /// A blob is missing, too short or too long.
    #[error("base `{base}` lacks blob {digest}, or has {found} of its {size} bytes")]
    Blob {
        /// The base.
        base: String,
        /// The blob.
        digest: Digest,
        /// By its descriptor.
        size: u64,
        /// Bytes found.
        found: u64,
    },
    /// An index states another size than a manifest has.
    #[error("base `{base}`: the index says that {digest} has {size} bytes, and it has {found}")]
    Listed {
        /// The base.
        base: String,
        /// The manifest.
        digest: Digest,
        /// By the index.
        size: u64,
        /// Bytes found.
        found: u64,
    },
    /// The bytes of a layer are not what the configuration says.
    #[error("base `{base}`: layer {index} hashes to {found}, its diff_id is {expected}")]
    DiffId {
        /// The base.
        base: String,
        /// From 0, the lowest.
        index: usize,
        /// By the configuration.
        expected: Digest,
        /// Of the bytes.
        found: Digest,
    },
    /// The base is pinned to another digest.
    #[error("base `{base}` is {found}, and was to be {expected}")]
    Pin {
        /// The base.
        base: String,
        /// By the reference.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// The index points in circles.
    #[error("base `{base}`: indexes are nested more than {} deep", crate::source::select::DEPTH)]
    Nested {
        /// The base.
        base: String,
    },
    /// A file of the image could not be read.
    #[error("read `{base}`")]
    Read {
        /// The base.
        base: String,
        /// The host's own error.
        source: io::Error,
    },
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
    /// A layer could not be compressed.
    #[error("base `{base}`")]
    Pack {
        /// The base.
        base: String,
        /// What went wrong.
        source: PackError,
    },
    /// A registry.
    #[error("base `{base}`")]
    Registry {
        /// The base.
        base: String,
        /// What it refused or did wrong.
        source: registry::Error,
    },
    /// A blob of a registry cannot be had.
    #[error("base `{base}`: blob {digest} could not be fetched")]
    Fetch {
        /// The base.
        base: String,
        /// The blob.
        digest: Digest,
        /// Why.
        source: io::Error,
    },
    /// Nothing may be fetched, and the cache lacks something.
    #[error("base `{base}`: the cache lacks {missing}, and nothing may be fetched")]
    Offline {
        /// The base.
        base: String,
        /// What is missing, with digests.
        missing: String,
    },
    /// Nothing may be asked, and only the registry knows which image a tag is.
    #[error("base `{base}` is a tag: only its registry knows which image that is, and it may not be asked")]
    OfflineTag {
        /// The base.
        base: String,
    },
    /// The lock names a configuration that the pinned manifest does not.
    #[error("base `{base}` has configuration {found}, and the lock says {expected}")]
    PinnedConfig {
        /// The base.
        base: String,
        /// By the lock.
        expected: Digest,
        /// By the manifest.
        found: Digest,
    },
    /// A base-manifest names no proper image.
    #[error(transparent)]
    Reference(#[from] InvalidReference),
}

impl SourceError {
    /// An error of packing a layer of the image; an interrupt is not about the image.
    pub(super) fn packing(base: &ImageRef, source: PackError) -> Self {
        match source {
            PackError::Interrupted(interrupted) => interrupted.into(),
            source => SourceError::Pack { base: base.to_string(), source },
        }
    }

    pub(super) fn config(base: &ImageRef, source: ConfigError) -> Self {
        SourceError::Manifest { base: base.to_string(), source: ManifestError::BadConfig(source) }
    }
}
