//! Why an image cannot be put on another base.

use crate::digest::Digest;
use crate::examine::ExamineError;
use crate::image::ConfigError;
use crate::runtime::RuntimeError;
use crate::source::SourceError;
use crate::work::Interrupted;

/// Why there is no plan for an image. What would break on the new base is a finding of the plan instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebaseError {
    /// The image or a base cannot be found or read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// It cannot be checked.
    #[error(transparent)]
    Examine(#[from] ExamineError),
    /// There is no such runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Its repository of Amazon ECR has it in the archive, from where it cannot be read.
    #[error("`{image}` is archived, and cannot be read")]
    Archived {
        /// The image, or its base.
        image: String,
    },
    /// The image does not say what it was built on, and is on none of the bases that were tried.
    #[error("the base of image `{image}` is not known: {why}")]
    BaseUnknown {
        /// The image.
        image: String,
        /// What it says, or does not say.
        why: String,
    },
    /// The first layers of the image are not those of its base.
    #[error(
        "image `{image}` does not begin with the layers of `{base}`: layer {layer} is {found}, expected {expected}"
    )]
    NotOnBase {
        /// The image.
        image: String,
        /// The base that it was taken to have.
        base: String,
        /// The first layer that differs, from 1, the lowest.
        layer: usize,
        /// What the image has there, by the digest of the uncompressed tar.
        found: String,
        /// What the base has there.
        expected: Digest,
    },
    /// Lambda does not have the architecture of the image.
    #[error("image `{image}` is for `{platform}`, which Lambda does not run")]
    Platform {
        /// The image.
        image: String,
        /// `os/architecture`.
        platform: String,
    },
    /// The image is of another runtime than the one that was asked for.
    #[error("image `{image}` has the runtime {found}, not {wanted}")]
    OtherRuntime {
        /// The image.
        image: String,
        /// Its runtime.
        found: String,
        /// The runtime that was asked for.
        wanted: String,
    },
    /// Nothing says which base is the new one.
    #[error("the new base of image `{image}` is not known: its runtime cannot be recognised")]
    NoTarget {
        /// The image.
        image: String,
    },
    /// A layer cannot be read to its end.
    #[error("layer {layer} of `{name}` is damaged: {why}")]
    Damaged {
        /// The image or base.
        name: String,
        /// The layer, by its digest.
        layer: Digest,
        /// What is wrong with it.
        why: String,
    },
    /// The configuration cannot be written.
    #[error("the configuration of image `{image}`")]
    Config {
        /// The image.
        image: String,
        /// Why.
        source: ConfigError,
    },
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}

impl RebaseError {
    /// Whether the image could be read, and only its base or its runtime is not one that was meant or is known.
    pub fn is_of_the_base(&self) -> bool {
        matches!(
            self,
            Self::BaseUnknown { .. }
                | Self::NotOnBase { .. }
                | Self::NoTarget { .. }
                | Self::OtherRuntime { .. }
                | Self::Platform { .. }
        )
    }
}
