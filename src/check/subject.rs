//! What checks see.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::function::Function;
use crate::arch::Arch;
use crate::date::Date;
use crate::digest::Digest;
use crate::image::Descriptor;
use crate::reference::Reference;
use crate::runtime::RuntimeProfile;
use crate::survey::{Survey, Tree};

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
    /// What they say; null where they are no JSON.
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
    /// It is the base's, or stays in a registry, and nobody asked to look deeper.
    Base,
    /// It is not there or cannot be read, with the reason.
    Missing(String),
}

/// What the user wants of the image.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The architecture of the function.
    pub arch: Option<Arch>,
    /// The Region of the function.
    pub region: Option<String>,
    /// The most bytes, uncompressed, that the image should have.
    pub max_size: Option<u64>,
    /// Whether the function uses SnapStart.
    pub snapstart: bool,
    /// The day; without it nothing is said about dates.
    pub today: Option<Date>,
    /// What the tag of the base is now, where that was asked.
    pub base: Option<BaseNow>,
}

/// A base's tag then and now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseNow {
    /// The tag.
    pub name: String,
    /// The image that it was built on.
    pub built_on: Digest,
    /// The image that the tag names now.
    pub now: Digest,
}

/// What checks see: the image, all its layers as one tree, and what the user wants.
pub struct Subject<'a> {
    /// The image.
    pub seen: &'a ImageView,
    /// What the user wants.
    pub wishes: &'a Expectations,
    /// The merged view through the layers that were read.
    pub tree: Tree<'a>,
    /// Whether what was not read lies below all that was read: then what is found in `tree` is what a
    /// container finds, though more may be there.
    pub is_final: bool,
    /// What many checks ask for.
    pub(super) function: OnceLock<Arc<Function<'a>>>,
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

impl<'a> Subject<'a> {
    /// `seen` under the eyes of checks.
    pub fn new(seen: &'a ImageView, wishes: &'a Expectations) -> Self {
        let whole = |layer: &LayerView| layer.survey.as_ref().is_ok_and(|survey| survey.damage.is_none());
        let tree = Tree::new(seen.surveys(), seen.layers.iter().all(whole));
        let is_final = seen.layers.iter().skip_while(|layer| layer.survey.is_err()).all(whole);
        Self { seen, wishes, tree, is_final, function: OnceLock::new() }
    }

    /// The surveys of the layers that were read, each with the number of its layer.
    pub fn surveys(&self) -> impl Iterator<Item = (usize, &'a Survey)> + use<'a> {
        self.seen.surveys()
    }

    /// The object `config` of the image configuration.
    pub fn settings(&self) -> &'a Value {
        &self.seen.config.value["config"]
    }

    /// A list of words in `config`: `Entrypoint`, `Cmd`, `Env`.
    pub fn words(&self, key: &str) -> Vec<&'a str> {
        let list = self.settings()[key].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str).collect()
    }

    /// The value of an environment variable; the last one counts.
    pub fn env(&self, name: &str) -> Option<&'a str> {
        let pairs = self.words("Env").into_iter().rev().filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    /// `config.WorkingDir`, `/` where there is none.
    pub fn workdir(&self) -> &'a str {
        self.settings()["WorkingDir"].as_str().filter(|dir| !dir.is_empty()).unwrap_or("/")
    }

    /// The architecture that the configuration names, if Lambda has it.
    pub fn arch(&self) -> Option<Arch> {
        Arch::from_oci(self.seen.config.value["architecture"].as_str()?)
    }
}
