//! Images as immutable values: parsed from a base, assembled from it and new layers. No files, no sockets.

mod assemble;
mod config;
mod config_error;
mod layer;
mod manifest;
mod manifest_error;
mod rebased;

pub use assemble::{Addition, AssembleError, CREATED_BY_PREFIX, Edits, FORMAT_ANNOTATION, assemble};
pub use config::ImageConfig;
pub use config_error::ConfigError;
pub use layer::{BlobSource, BytesBlob, Descriptor, Layer};
pub use manifest::{IndexEntry, Manifest, parse_index};
pub use manifest_error::ManifestError;
pub use rebased::rebased;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::digest::Digest;
use crate::media_type::Family;

/// An image: what it is, and where its bytes can be read. Nothing changes it.
#[derive(Clone)]
pub struct Image {
    /// Whose media types it speaks.
    pub family: Family,
    /// The manifest to the byte: a base keeps the bytes it came with.
    pub manifest: Arc<[u8]>,
    /// Digest of the manifest: the image's own.
    pub digest: Digest,
    /// The configuration.
    pub config: ImageConfig,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
    /// The registry reference it was asked for by: becomes `org.opencontainers.image.base.name`. Layouts
    /// and archives give none, for what they are called differs from machine to machine.
    pub name: Option<String>,
}

impl Image {
    /// An image from the bytes of its manifest and configuration.
    ///
    /// `source` gives the reader of each layer's blob, by its descriptor.
    ///
    /// # Errors
    /// [`ManifestError`] where the two do not make an image: malformed, digests or sizes or the
    /// number of layers that do not fit, media types of two families, or layers that cannot be used.
    pub fn parse(
        manifest: Arc<[u8]>,
        config: Arc<[u8]>,
        source: impl Fn(&Descriptor) -> Arc<dyn BlobSource>,
    ) -> Result<Self, ManifestError> {
        let parsed = Manifest::parse(&manifest)?;
        let (found, expected) = (Digest::of(&config), parsed.config.digest);
        if found != expected || config.len() as u64 != parsed.config.size {
            return Err(ManifestError::Config { expected, found });
        }
        let config = ImageConfig::parse(config)?;
        let diff_ids = config.diff_ids()?;
        if diff_ids.len() != parsed.layers.len() {
            return Err(ManifestError::Count { layers: parsed.layers.len(), diff_ids: diff_ids.len() });
        }
        let layers = parsed.layers.into_iter().zip(diff_ids).map(|(descriptor, diff_id)| {
            let source = source(&descriptor);
            Layer { descriptor, diff_id, tar_size: None, source }
        });
        let layers = layers.collect();
        let digest = Digest::of(&manifest);
        Ok(Self { family: parsed.family, manifest, digest, config, layers, name: None })
    }

    /// The image of these parts, with a manifest written here.
    pub fn compose(
        family: Family,
        config: ImageConfig,
        layers: Vec<Layer>,
        annotations: &BTreeMap<String, String>,
    ) -> Self {
        let manifest: Arc<[u8]> = manifest::write(family, &config, &layers, annotations).into();
        let digest = Digest::of(&manifest);
        Self { family, manifest, digest, config, layers, name: None }
    }

    /// The configuration as a blob.
    pub fn config_descriptor(&self) -> Descriptor {
        self.config.descriptor(self.family)
    }

    /// The manifest as a blob.
    pub fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.family.manifest().to_owned(),
            digest: self.digest,
            size: self.manifest.len() as u64,
        }
    }
}
