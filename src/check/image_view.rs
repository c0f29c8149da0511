//! `ImageView`: an image as checks read it, even if it is damaged.

use std::sync::Arc;

use serde_json::Value;

use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::Reference;
use crate::runtime::RuntimeProfile;
use crate::survey::Survey;

/// An image as it was found: nothing about it is sure to be well-formed.
#[derive(Clone, Default)]
pub struct ImageView {
    /// What it was asked for by, in a registry.
    pub reference: Option<Reference>,
    /// What pointed to the manifest, where something did.
    pub descriptor: Option<Descriptor>,
    /// The index that it was found through, where there is one.
    pub index: Option<Document>,
    /// The manifest; a Docker archive has none.
    pub manifest: Option<Document>,
    /// The image configuration; empty where there is none.
    pub config: Document,
    /// Why there is none: a clause.
    pub lacks_config: Option<String>,
    /// The layers, lowest first.
    pub layers: Vec<LayerView>,
    /// The runtime, where it was named or recognised.
    pub profile: Option<RuntimeProfile>,
}

/// JSON, and the bytes that it came in.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// What they say; null where they are not JSON.
    pub value: Value,
}

/// One layer.
#[derive(Clone)]
pub struct LayerView {
    /// Its descriptor in the manifest; null where there is no manifest.
    pub descriptor: Value,
    /// Whether it is known to be the base's.
    pub of_base: bool,
    /// What is in it.
    pub survey: Result<Arc<Survey>, NotRead>,
}

/// Why it is not known what is in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRead {
    /// It is the base's, or stays in a registry, and was not asked for.
    Base,
    /// It is not there or cannot be read, with the reason.
    Missing(String),
}

impl Document {
    /// The document that these bytes are.
    pub fn new(bytes: Arc<[u8]>) -> Self {
        let value = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { bytes, value }
    }
}

impl ImageView {
    /// Digest of the manifest, where there is one.
    pub fn digest(&self) -> Option<Digest> {
        self.manifest.as_ref().map(|manifest| Digest::of(&manifest.bytes))
    }

    /// The surveys of the layers that were read, each with the number of its layer.
    pub fn surveys(&self) -> impl Iterator<Item = (usize, &Survey)> {
        self.layers.iter().enumerate().filter_map(|(at, layer)| Some((at, &**layer.survey.as_ref().ok()?)))
    }
}
