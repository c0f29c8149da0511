//! Manifests and indexes: parsed strictly, and always written in the same form.

use std::collections::BTreeMap;

use oci_spec::image::{ImageIndex, ImageManifest};
use serde_json::{Value, json};

use super::{ConfigError, Descriptor, ImageConfig, Layer};
use crate::digest::{Digest, InvalidDigest};
use crate::json;
use crate::media_type::{Family, LayerKind, is_index};

/// Why bytes are not the manifest of an image that can be built on.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Not JSON of the right shape.
    #[error("a malformed manifest")]
    Malformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A digest that is not SHA-256.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
    /// Neither an OCI nor a Docker image manifest.
    #[error("`{0}` is not the media type of an image manifest")]
    NotAnImage(String),
    /// Docker and OCI types in one image: podman refuses it, Lambda's answer is not known.
    #[error("media types of two families: the manifest is `{manifest}`, a part of it `{part}`")]
    Mixed {
        /// Type of the manifest.
        manifest: &'static str,
        /// Type of the part.
        part: String,
    },
    /// A layer that Lambda or ECR is not known to take.
    #[error("layer {digest} is `{media_type}`: {reason}")]
    Layer {
        /// The layer.
        digest: Digest,
        /// Its media type.
        media_type: String,
        /// Why it cannot be used.
        reason: &'static str,
    },
    /// The configuration is not the one the manifest names.
    #[error("the image configuration should be {expected}, and is {found}")]
    Config {
        /// By the manifest.
        expected: Digest,
        /// Of the bytes found.
        found: Digest,
    },
    /// Manifest and configuration disagree.
    #[error("the manifest has {layers} layers, the image configuration {diff_ids} diff_ids")]
    Count {
        /// Layers of the manifest.
        layers: usize,
        /// `rootfs.diff_ids` of the configuration.
        diff_ids: usize,
    },
    /// The configuration is too long to be one, in bytes.
    #[error("the image configuration has {0} bytes, too many")]
    LargeConfig(u64),
    /// The configuration cannot be used.
    #[error(transparent)]
    BadConfig(#[from] ConfigError),
}

/// A parsed image manifest.
pub struct Manifest {
    /// Whose media types it speaks.
    pub family: Family,
    /// The image configuration.
    pub config: Descriptor,
    /// The layers, lowest first: gzip-compressed or bare tars.
    pub layers: Vec<Descriptor>,
}

impl Manifest {
    /// Reads an image manifest of either family.
    ///
    /// # Errors
    /// [`ManifestError`]: malformed, an index, mixed families, layers that are neither gzip nor tar.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        let typed = ImageManifest::from_reader(bytes).map_err(malformed)?;
        let config = descriptor(typed.config())?;
        // The type may be left out in OCI: the configuration's tells the family then.
        let named = typed.media_type().as_ref().map(ToString::to_string);
        let family = match &named {
            Some(name) => Family::of_manifest(name),
            None => Family::ALL.into_iter().find(|family| family.config() == config.media_type),
        };
        let family = family
            .ok_or_else(|| ManifestError::NotAnImage(shown(named.as_ref().unwrap_or(&config.media_type))))?;
        let layers: Vec<_> = typed.layers().iter().map(descriptor).collect::<Result<_, _>>()?;
        if config.media_type != family.config() {
            return Err(ManifestError::Mixed {
                manifest: family.manifest(),
                part: shown(&config.media_type),
            });
        }
        layers.iter().try_for_each(|layer| check_layer(layer, family))?;
        Ok(Self { family, config, layers })
    }
}

/// Without the crate's wrapper, which says nothing.
fn malformed(error: oci_spec::OciSpecError) -> ManifestError {
    ManifestError::Malformed(match error {
        oci_spec::OciSpecError::SerDe(cause) => cause.into(),
        other => other.into(),
    })
}

/// A media type of another process, as messages show it.
fn shown(media_type: &str) -> String {
    crate::redact::text(media_type, 100)
}

fn check_layer(layer: &Descriptor, family: Family) -> Result<(), ManifestError> {
    let refused = |reason| {
        let (digest, media_type) = (layer.digest, shown(&layer.media_type));
        Err(ManifestError::Layer { digest, media_type, reason })
    };
    match LayerKind::of(&layer.media_type) {
        LayerKind::Zstd => refused("Lambda is not known to take zstd; recompress the base with gzip"),
        LayerKind::Foreign => refused("ECR needs the bytes of every layer, this one is kept elsewhere"),
        LayerKind::Unknown => refused("not a layer that an image can have"),
        LayerKind::Gzip | LayerKind::Tar => {
            let docker = layer.media_type.starts_with("application/vnd.docker.");
            if docker == (family == Family::Docker) {
                return Ok(());
            }
            Err(ManifestError::Mixed { manifest: family.manifest(), part: shown(&layer.media_type) })
        }
    }
}

fn descriptor(typed: &oci_spec::image::Descriptor) -> Result<Descriptor, InvalidDigest> {
    Ok(Descriptor {
        media_type: typed.media_type().to_string(),
        digest: typed.digest().to_string().parse()?,
        size: typed.size(),
    })
}

/// One entry of an index, image layout's `index.json` included.
#[derive(Clone, Debug)]
pub struct IndexEntry {
    /// What it points to.
    pub descriptor: Descriptor,
    /// `os/architecture` in OCI's words, where the entry says so.
    pub platform: Option<(String, String)>,
    /// `org.opencontainers.image.ref.name`: in an image layout, the tag.
    pub tag: Option<String>,
}

impl IndexEntry {
    /// Whether it points to another index.
    pub fn is_index(&self) -> bool {
        is_index(&self.descriptor.media_type)
    }
}

/// Reads an index or manifest list.
///
/// # Errors
/// [`ManifestError`] where it is malformed.
pub fn parse_index(bytes: &[u8]) -> Result<Vec<IndexEntry>, ManifestError> {
    let index = ImageIndex::from_reader(bytes).map_err(malformed)?;
    let entry = |typed: &oci_spec::image::Descriptor| {
        let platform = typed.platform().as_ref();
        let tag = typed.annotations().as_ref().and_then(|all| all.get("org.opencontainers.image.ref.name"));
        Ok(IndexEntry {
            descriptor: descriptor(typed)?,
            platform: platform
                .map(|platform| (platform.os().to_string(), platform.architecture().to_string())),
            tag: tag.cloned(),
        })
    };
    index.manifests().iter().map(entry).collect()
}

/// The one form in which manifests are written. `mediaType` stands at the top: ECR wants it.
pub(super) fn write(
    family: Family,
    config: &ImageConfig,
    layers: &[Layer],
    annotations: &BTreeMap<String, String>,
) -> Vec<u8> {
    let layers: Vec<Value> = layers.iter().map(|layer| layer.descriptor.to_json()).collect();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": family.manifest(),
        "config": config.descriptor(family).to_json(),
        "layers": layers,
    });
    // Docker's manifests have no annotations: the caller made them labels.
    if !annotations.is_empty() && family == Family::Oci {
        manifest["annotations"] = json!(annotations);
    }
    json::to_bytes(&manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(manifest: &str, config: &str, layer: &str) -> Vec<u8> {
        let digest = Digest::of(b"").to_string();
        let part = |media_type| json!({ "mediaType": media_type, "digest": digest, "size": 0 });
        json::to_bytes(&json!({
            "schemaVersion": 2, "mediaType": manifest, "config": part(config), "layers": [part(layer)],
        }))
    }

    #[test]
    fn families_do_not_mix_and_odd_layers_are_refused() {
        let [oci, docker] = Family::ALL;
        let parse = |m: &str, c: &str, l: &str| Manifest::parse(&manifest(m, c, l)).map(|m| m.family);
        assert_eq!(parse(oci.manifest(), oci.config(), oci.layer()).unwrap(), oci);
        assert_eq!(parse(docker.manifest(), docker.config(), docker.layer()).unwrap(), docker);
        let error = |m: &str, c: &str, l: &str| parse(m, c, l).unwrap_err().to_string();
        assert!(error(oci.manifest(), oci.config(), docker.layer()).contains("two families"));
        assert!(error(oci.manifest(), docker.config(), oci.layer()).contains("two families"));
        let layer = "application/vnd.oci.image.layer.v1.tar+zstd";
        assert!(error(oci.manifest(), oci.config(), layer).contains("zstd"));
        let layer = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        assert!(error(docker.manifest(), docker.config(), layer).contains("ECR"));
        assert!(error(oci.manifest(), oci.config(), "text/plain").contains("not a layer"));
        assert!(error("text/plain", oci.config(), oci.layer()).contains("not the media type"));
        assert!(Manifest::parse(b"<html>").is_err());
    }
}
