//! The manifest of an entry: an OCI image manifest of one layer.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::bad_entry_error::BadEntry;
use super::entry_name::EntryKind;
use crate::date::Date;
use crate::digest::Digest;
use crate::image::FORMAT_ANNOTATION;
use crate::media_type::{Family, OCI_MANIFEST};
use crate::pack::LAYER_FORMAT;

/// The type of entries.
pub const ARTIFACT_TYPE: &str = "application/vnd.lambda-img.cache.v1+json";

/// The type of their configurations: JSON, compressed with gzip.
pub const CONFIG_TYPE: &str = "application/vnd.lambda-img.cache.config.v1.json+gzip";

/// What the types of entries begin with, whatever their format.
pub const TYPE_PREFIX: &str = "application/vnd.lambda-img.cache.";

/// The annotation with the [kind](EntryKind).
pub const KIND_ANNOTATION: &str = "dev.lambda-img.cache.kind";

/// The annotation with the name of the step, or the role of the layer.
pub const NAME_ANNOTATION: &str = "dev.lambda-img.cache.name";

/// The annotation with the day on which the entry was written, which tells `cache prune` how old it is.
const WRITTEN_ANNOTATION: &str = "dev.lambda-img.cache.written";

/// A blob that stands for a layer where there is none: ECR refuses manifests without layers, and blobs without bytes.
pub const EMPTY: &[u8] = b"{}";

/// OCI image specification, "Guidance for an Empty Descriptor".
const EMPTY_TYPE: &str = "application/vnd.oci.empty.v1+json";

/// The most bytes of a configuration as stored.
pub const CONFIG_MAX: u64 = 16 << 20;

/// The most bytes of a configuration that the manifest has inline: one request for the entry, then.
const INLINE_MAX: usize = 64 << 10;

/// The most bytes of a layer: what Lambda takes of a whole image.
const LAYER_MAX: u64 = 10 << 30;

/// What the manifest of an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryManifest {
    /// What the entry is of.
    pub kind: EntryKind,
    /// The name of the step, or the role of the layer.
    pub name: String,
    /// The configuration: its digest, and its size in bytes.
    pub config: (Digest, u64),
    /// The configuration, where the manifest has it inline.
    pub data: Option<Vec<u8>>,
    /// The layer: its digest, and its size in bytes; none of a step that wrote no file.
    pub layer: Option<(Digest, u64)>,
    /// The day on which it was written, where it says so.
    pub written: Option<Date>,
}

impl EntryManifest {
    /// The manifest of an entry whose configuration has these bytes, as stored.
    pub fn new(kind: EntryKind, name: &str, config: &[u8], layer: Option<(Digest, u64)>) -> Self {
        let data = (config.len() <= INLINE_MAX).then(|| config.to_vec());
        let config = (Digest::of(config), config.len() as u64);
        Self { kind, name: name.to_owned(), config, data, layer, written: None }
    }

    /// The same, written on this day.
    pub fn written(self, day: Date) -> Self {
        Self { written: Some(day), ..self }
    }

    /// Its bytes: the same for the same entry.
    pub fn to_bytes(&self) -> Vec<u8> {
        let descriptor = |media_type: &str, (digest, size): (Digest, u64)| json!({ "mediaType": media_type, "digest": digest.to_string(), "size": size });
        let mut config = descriptor(CONFIG_TYPE, self.config);
        if let Some(data) = &self.data {
            config["data"] = STANDARD.encode(data).into();
        }
        let layer = match self.layer {
            Some(layer) => descriptor(Family::Oci.layer(), layer),
            None => descriptor(EMPTY_TYPE, (Digest::of(EMPTY), EMPTY.len() as u64)),
        };
        let mut annotations = BTreeMap::from([
            (KIND_ANNOTATION, self.kind.name().to_owned()),
            (NAME_ANNOTATION, self.name.clone()),
            (FORMAT_ANNOTATION, LAYER_FORMAT.to_string()),
        ]);
        annotations.extend(self.written.map(|day| (WRITTEN_ANNOTATION, day.to_string())));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": ARTIFACT_TYPE,
            "config": config,
            "layers": [layer],
            "annotations": annotations,
        });
        crate::json::to_bytes(&manifest)
    }

    /// The manifest of these bytes.
    ///
    /// # Errors
    /// [`BadEntry`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BadEntry> {
        let form = |why: &str| BadEntry::Form(format!("its manifest {why}"));
        let json: Value =
            serde_json::from_slice(bytes).map_err(|error| form(&format!("is not JSON: {error}")))?;
        if json["artifactType"] != ARTIFACT_TYPE || json["config"]["mediaType"] != CONFIG_TYPE {
            return Err(form("is not one of an entry of this format"));
        }
        let format = json["annotations"][FORMAT_ANNOTATION].as_str();
        if format != Some(LAYER_FORMAT.to_string().as_str()) {
            return Err(form("is of another layer format"));
        }
        let kind = json["annotations"][KIND_ANNOTATION].as_str().and_then(EntryKind::named);
        let kind = kind.ok_or_else(|| form("does not say what the entry is of"))?;
        let name = json["annotations"][NAME_ANNOTATION].as_str().unwrap_or_default().to_owned();
        let config = sized(&json["config"]).ok_or_else(|| form("has no valid configuration"))?;
        limit("its configuration", config.1, CONFIG_MAX)?;
        let data = json["config"]["data"].as_str().and_then(|data| STANDARD.decode(data).ok());
        let layer = match json["layers"].as_array().map(Vec::as_slice) {
            Some([one]) => one,
            _ => return Err(form("does not have exactly one layer")),
        };
        let of = sized(layer).ok_or_else(|| form("has no valid layer"))?;
        let layer = match layer["mediaType"].as_str() {
            Some(EMPTY_TYPE) if of == (Digest::of(EMPTY), EMPTY.len() as u64) => None,
            Some(kind) if kind == Family::Oci.layer() => Some(of),
            _ => return Err(form("has a layer of another type")),
        };
        limit("its layer", layer.map(|(_, size)| size).unwrap_or_default(), LAYER_MAX)?;
        Ok(Self { kind, name, config, data, layer, written: written(&json) })
    }
}

/// The day on which the entry with this manifest was written, where it says so.
pub(super) fn written(manifest: &Value) -> Option<Date> {
    manifest["annotations"][WRITTEN_ANNOTATION].as_str()?.parse().ok()
}

/// Digest and size of a descriptor.
fn sized(descriptor: &Value) -> Option<(Digest, u64)> {
    Some((descriptor["digest"].as_str()?.parse().ok()?, descriptor["size"].as_u64()?))
}

/// Refuses a size above `most`.
pub fn limit(what: &'static str, size: u64, most: u64) -> Result<(), BadEntry> {
    if size > most { Err(BadEntry::Size { what, size, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_come_back_whole() {
        for (config, layer) in [(vec![1; 10], None), (vec![2; INLINE_MAX + 1], Some((Digest::of(b"l"), 7)))] {
            let manifest = EntryManifest::new(EntryKind::Step, "deps", &config, layer);
            let manifest = manifest.written("2026-11-27".parse().unwrap());
            assert_eq!(EntryManifest::parse(&manifest.to_bytes()).unwrap(), manifest);
            assert_eq!(manifest.data.is_some(), config.len() <= INLINE_MAX);
        }
    }

    #[test]
    fn other_manifests_are_refused() {
        let good = EntryManifest::new(EntryKind::Layer, "code", b"c", Some((Digest::of(b"l"), 7))).to_bytes();
        let good: Value = serde_json::from_slice(&good).unwrap();
        let changes: [(&str, Value, &str); 7] = [
            ("/artifactType", json!("x"), "not one of an entry"),
            ("/annotations/dev.lambda-img.layer-format", json!("1"), "another layer format"),
            ("/annotations/dev.lambda-img.cache.kind", json!("x"), "does not say what"),
            ("/config/size", json!(CONFIG_MAX + 1), "at most 16777216 are read"),
            ("/layers", json!([]), "exactly one layer"),
            ("/layers/0/mediaType", json!("x"), "another type"),
            ("/layers/0/size", json!(u64::MAX), "at most 10737418240 are read"),
        ];
        for (place, value, why) in changes {
            let mut bad = good.clone();
            *bad.pointer_mut(place).unwrap() = value;
            let error = EntryManifest::parse(bad.to_string().as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{place}: {error}");
        }
    }
}
