//! The object of `diff`.

use lambda_img::diff::{self, Aspect, Difference, Files, Identity, LayerDifference, PairedBy};
use lambda_img::survey::{self, Clock};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::inspect::{Attributes, Base};
use super::values::{Digest, Version};

/// How two images, A and B, differ. Sizes are bytes, times seconds since 1970, layers are counted from 0, the lowest.
#[derive(Serialize, JsonSchema)]
pub struct Diff<'a> {
    version: Version<1>,
    /// Whether they are one image: by the digests of their manifests, where both have one, else by those of their configurations.
    same: bool,
    a: Image<'a>,
    b: Image<'a>,
    /// Why the digests differ, as far as it is known.
    causes: Vec<Cause<'a>>,
    fields: Vec<Field<'a>>,
    layers: Vec<Pair<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Image<'a> {
    image: &'a str,
    digest: Option<Digest>,
    config_digest: Digest,
    platform: &'a str,
    base: Base<'a>,
}

#[derive(Serialize, JsonSchema)]
struct Cause<'a> {
    #[schemars(extend("enum" = CAUSES))]
    id: &'static str,
    /// Index into layers below; null where it is about the image.
    layer: Option<usize>,
    sentence: &'a str,
}

/// The names of all causes, of the image first.
const CAUSES: [&str; 22] = [
    "platform",
    "base",
    "base-name",
    "tool",
    "layer-format",
    "media-types",
    "created",
    "layer-order",
    "documents",
    "split",
    "compression",
    "tar-form",
    "times",
    "modes",
    "owners",
    "links",
    "order",
    "attributes",
    "spelling",
    "metadata",
    "clock",
    "bytecode",
];

#[derive(Serialize, JsonSchema)]
struct Field<'a> {
    #[schemars(extend("enum" = ["manifest", "config"]))]
    document: &'static str,
    path: &'a str,
    /// Its value in A; null where it is not there.
    a: &'a Option<Value>,
    /// Its value in B; null where it is not there.
    b: &'a Option<Value>,
}

#[derive(Serialize, JsonSchema)]
struct Pair<'a> {
    a: Option<Layer<'a>>,
    b: Option<Layer<'a>>,
    #[schemars(extend("enum" = PAIRED_BY.map(PairedBy::name)))]
    paired_by: &'static str,
    /// repacked: one tar, compressed otherwise; unread: a base's in a registry, or in zstd.
    state: State,
    added: Option<usize>,
    removed: Option<usize>,
    changed: Option<usize>,
    /// The least number of entries that would have to move for the same order.
    moved: Option<usize>,
    /// With --files, of layers that differ: every path that does.
    files: Option<Vec<Change<'a>>>,
}

const PAIRED_BY: [PairedBy; 5] =
    [PairedBy::Digest, PairedBy::DiffId, PairedBy::CreatedBy, PairedBy::Position, PairedBy::Alone];

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum State {
    Same,
    Repacked,
    Unread,
    Differs,
}

#[derive(Serialize, JsonSchema)]
struct Layer<'a> {
    index: usize,
    digest: Option<Digest>,
    diff_id: Option<Digest>,
    what: String,
    created_by: Option<&'a str>,
    of_base: bool,
    compressed_size: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Change<'a> {
    #[schemars(regex(pattern = "^/"))]
    path: String,
    a: Option<Attributes<'a>>,
    b: Option<Attributes<'a>>,
    /// In which ways it differs, where both have it.
    aspects: Vec<AspectName>,
    /// The format of its content, where nothing but the times that it holds differ.
    #[schemars(with = "Option<String>", extend("enum" = ["bytecode", "gzip", "zip", "text", null]))]
    clock: Option<Clock>,
}

#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("enum" = ASPECTS.map(Aspect::name)))]
struct AspectName(&'static str);

/// Those of a file: the order of entries is its layer's.
const ASPECTS: [Aspect; 8] = [
    Aspect::Kind,
    Aspect::Content,
    Aspect::Link,
    Aspect::Mode,
    Aspect::Owner,
    Aspect::Time,
    Aspect::Attributes,
    Aspect::Spelling,
];

impl<'a> Diff<'a> {
    /// With the files of layers if `files`.
    pub fn of(difference: &'a Difference, files: bool) -> Self {
        let Difference { a, b, same, fields, layers, causes } = difference;
        Self {
            version: Version,
            same: *same,
            a: a.into(),
            b: b.into(),
            causes: causes.iter().map(Cause::from).collect(),
            fields: fields.iter().map(Field::from).collect(),
            layers: layers.iter().map(|layer| Pair::of(layer, files)).collect(),
        }
    }
}

impl<'a> From<&'a Identity> for Image<'a> {
    fn from(image: &'a Identity) -> Self {
        let Identity { name, digest, config_digest, platform, base } = image;
        Self {
            image: name,
            digest: digest.map(Into::into),
            config_digest: (*config_digest).into(),
            platform,
            base: base.into(),
        }
    }
}

impl<'a> From<&'a diff::Cause> for Cause<'a> {
    fn from(cause: &'a diff::Cause) -> Self {
        Self { id: cause.id, layer: cause.layer, sentence: &cause.sentence }
    }
}

impl<'a> From<&'a diff::Field> for Field<'a> {
    fn from(field: &'a diff::Field) -> Self {
        Self { document: field.document, path: &field.path, a: &field.a, b: &field.b }
    }
}

impl<'a> Pair<'a> {
    fn of(layer: &'a LayerDifference, all: bool) -> Self {
        let (state, files) = match &layer.state {
            diff::State::Same => (State::Same, None),
            diff::State::Repacked => (State::Repacked, None),
            diff::State::NotRead => (State::Unread, None),
            diff::State::Files(files) => (State::Differs, Some(files)),
        };
        let counts = files.map(Files::counts);
        let listed = files.filter(|_| all);
        let pair = layer.pair;
        Self {
            a: pair.a.zip(layer.a.as_ref()).map(Layer::from),
            b: pair.b.zip(layer.b.as_ref()).map(Layer::from),
            paired_by: pair.by.name(),
            state,
            added: counts.map(|(added, ..)| added),
            removed: counts.map(|(_, removed, _)| removed),
            changed: counts.map(|(.., changed)| changed),
            moved: files.map(|files| files.moved),
            files: listed.map(|files| files.changes.iter().map(Change::from).collect()),
        }
    }
}

impl<'a> From<(usize, &'a lambda_img::inspect::Layer)> for Layer<'a> {
    fn from((index, layer): (usize, &'a lambda_img::inspect::Layer)) -> Self {
        Self {
            index,
            digest: layer.digest.map(Into::into),
            diff_id: layer.diff_id.map(Into::into),
            what: layer.what(),
            created_by: layer.created_by.as_deref(),
            of_base: layer.of_base,
            compressed_size: layer.compressed,
        }
    }
}

impl<'a> From<&'a diff::Change> for Change<'a> {
    fn from(change: &'a diff::Change) -> Self {
        let file = |file: &'a survey::Entry| Attributes {
            kind: file.kind.into(),
            mode: file.mode,
            owner: file.owner,
            size: file.size,
            mtime: file.mtime,
            link: file.link.as_deref(),
        };
        Self {
            path: format!("/{}", change.path),
            a: change.a.as_ref().map(file),
            b: change.b.as_ref().map(file),
            aspects: change.aspects.iter().map(|aspect| AspectName(aspect.name())).collect(),
            clock: change.clock,
        }
    }
}
