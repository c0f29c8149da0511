//! Reads images for commands that check or show them. Faults are reported as findings, not as errors, where possible.

use std::io::{self, Read};
use std::sync::Arc;

use serde_json::Value;

use super::error::{DEPTH, SourceError};
use super::image_ref::ImageName;
use super::select::found;
use crate::arch::Arch;
use crate::digest::Digest;
use crate::image::{BlobSource, Descriptor, IndexEntry, parse_index};
use crate::media_type::is_index;
use crate::reference::Reference;
use crate::store::DOCUMENT_MAX;

/// An image as it is stored.
pub struct StoredImage {
    /// Its name in a registry, by digest; an image that is only built has none.
    pub reference: Option<Reference>,
    /// Whether bytes of it have to be fetched from a registry: its own, or those of its base.
    pub is_remote: bool,
    /// What pointed to the manifest, where something did.
    pub descriptor: Option<Descriptor>,
    /// The index through which it was found, if there is one. The `index.json` of a layout does not count.
    pub index: Option<Arc<[u8]>>,
    /// The manifest; a Docker archive has none.
    pub manifest: Option<Arc<[u8]>>,
    /// The image configuration, or why there is none.
    pub config: Result<Arc<[u8]>, String>,
    /// The layers of the manifest, lowest first.
    pub layers: Vec<StoredLayer>,
}

/// A layer as it is stored.
pub struct StoredLayer {
    /// Its descriptor as the manifest has it; null without a manifest.
    pub descriptor: Value,
    /// Where its bytes are, or why they are nowhere.
    pub source: Result<Arc<dyn BlobSource>, String>,
}

/// A manifest that was found, and the way to it.
pub(super) struct FoundManifest {
    pub descriptor: Descriptor,
    index: Option<Arc<[u8]>>,
    bytes: Arc<[u8]>,
}

/// Follows indexes to an image manifest.
pub(super) fn descend(
    name: &ImageName,
    mut descriptor: Descriptor,
    mut bytes: Arc<[u8]>,
    arch: Arch,
    fetch: impl Fn(&Descriptor) -> Result<Arc<[u8]>, SourceError>,
) -> Result<FoundManifest, SourceError> {
    let mut index = None;
    for _ in 0..DEPTH {
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        // The type may be left out; a list of manifests is an index then.
        let named = value["mediaType"].as_str().map(is_index);
        if !named.unwrap_or_else(|| value["manifests"].is_array()) {
            return Ok(FoundManifest { descriptor, index, bytes });
        }
        let malformed = |source| SourceError::Manifest { image: name.clone(), source };
        let entries = parse_index(&bytes).map_err(malformed)?;
        let entry = likeliest(&entries, arch).ok_or_else(|| {
            let (wanted, found) = ("at all".to_owned(), found(&entries));
            SourceError::NoMatch { image: name.clone(), wanted, found }
        })?;
        index = index.or(Some(bytes));
        bytes = fetch(&entry.descriptor)?;
        descriptor = entry.descriptor.clone();
    }
    Err(SourceError::Nested { image: name.clone() })
}

impl FoundManifest {
    /// The image: its configuration read, its layers found.
    pub fn parts(
        self,
        reference: Option<Reference>,
        blob: impl Fn(&Descriptor) -> Arc<dyn BlobSource>,
    ) -> StoredImage {
        let value: Value = serde_json::from_slice(&self.bytes).unwrap_or_default();
        let source = |stated: &Value| {
            let digest = stated["digest"].as_str().ok_or("its descriptor has no digest")?;
            let digest: Digest =
                digest.parse().map_err(|error: crate::digest::InvalidDigest| error.to_string())?;
            let size = stated["size"].as_u64().ok_or("its descriptor has no size")?;
            Ok(blob(&Descriptor { media_type: String::new(), digest, size }))
        };
        let config = source(&value["config"]).and_then(|blob| {
            document(&*blob).map(Arc::from).map_err(|error| format!("it cannot be read: {error}"))
        });
        let layers = value["layers"].as_array().map_or(&[][..], Vec::as_slice).iter();
        let layers = layers.map(|stated| StoredLayer { descriptor: stated.clone(), source: source(stated) });
        StoredImage {
            is_remote: reference.is_some(),
            reference,
            descriptor: Some(self.descriptor),
            index: self.index,
            layers: layers.collect(),
            manifest: Some(self.bytes),
            config,
        }
    }
}

/// The bytes of a small blob, whatever they are.
pub(super) fn document(blob: &dyn BlobSource) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    blob.open()?.take(DOCUMENT_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > DOCUMENT_MAX {
        return Err(io::Error::other(format!("more than {DOCUMENT_MAX} bytes are too many for it")));
    }
    Ok(bytes)
}

pub(super) fn is_for(entry: &IndexEntry, arch: Arch) -> bool {
    entry.platform.as_ref().is_some_and(|(os, name)| os == "linux" && name == arch.oci())
}

/// The image for the architecture, else the first that is one: attestations have a platform of their own.
fn likeliest(entries: &[IndexEntry], arch: Arch) -> Option<&IndexEntry> {
    let is_image = |entry: &&IndexEntry| entry.platform.as_ref().is_none_or(|(os, _)| os != "unknown");
    entries
        .iter()
        .find(|entry| is_for(entry, arch))
        .or_else(|| entries.iter().find(is_image))
        .or(entries.first())
}
