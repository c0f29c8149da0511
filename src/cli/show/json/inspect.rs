//! The object of `inspect`.

use std::collections::BTreeMap;

use lambda_img::check::Finding as Found;
use lambda_img::check::{self, ProgramLocation};
use lambda_img::inspect::{self, Inspected};
use lambda_img::registry;
use lambda_img::survey;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Digest, EntryKind, Version, words_of_checks};

/// What is in one image. Sizes are bytes, times seconds since 1970, layers are counted from 0, the lowest.
#[derive(Serialize, JsonSchema)]
pub struct Inspect<'a> {
    version: Version<1>,
    /// Its name, as it was asked for.
    image: &'a str,
    /// Digest of its manifest; null for a Docker archive, which has none.
    digest: Option<Digest>,
    /// Digest of its configuration: Docker's image id.
    config_digest: Digest,
    /// Lambda's identifier of the runtime, where it is recognised.
    runtime: Option<&'a str>,
    base: Base<'a>,
    os: Option<&'a str>,
    /// As the configuration says it: amd64, arm64.
    architecture: Option<&'a str>,
    created: Option<&'a str>,
    start: Start<'a>,
    layers: Vec<Layer<'a>>,
    limits: Vec<Limit>,
    annotations: &'a BTreeMap<String, String>,
    labels: &'a BTreeMap<String, String>,
    findings: Vec<Finding<'a>>,
    /// What refers to the image in its registry, with --referrers.
    referrers: Option<Vec<Referrer<'a>>>,
}

#[derive(Serialize, JsonSchema)]
struct Referrer<'a> {
    digest: Digest,
    /// Of the manifest.
    size: u64,
    artifact_type: &'a str,
    annotations: &'a BTreeMap<String, String>,
}

impl<'a> From<&'a registry::Referrer> for Referrer<'a> {
    fn from(one: &'a registry::Referrer) -> Self {
        let registry::Referrer { digest, size, artifact_type, annotations } = one;
        Self { digest: (*digest).into(), size: *size, artifact_type, annotations }
    }
}

/// What an image says that it was built on.
#[derive(Serialize, JsonSchema)]
pub struct Base<'a> {
    name: Option<&'a str>,
    digest: Option<&'a str>,
    /// Whether it is the base that lambda-img makes itself.
    embedded: bool,
}

#[derive(Serialize, JsonSchema)]
struct Start<'a> {
    /// Entrypoint and Cmd.
    words: &'a [String],
    workdir: &'a str,
    programs: Vec<Program<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Program<'a> {
    #[schemars(extend("enum" = ["the entry point", "the bootstrap", "the extension"]))]
    what: &'static str,
    word: &'a str,
    state: State,
    /// Where it is, links followed.
    path: Option<&'a str>,
    layer: Option<usize>,
    /// Why it is missing.
    why: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum State {
    Executable,
    NotExecutable,
    Missing,
    Unknown,
}

#[derive(Serialize, JsonSchema)]
struct Layer<'a> {
    index: usize,
    digest: Option<Digest>,
    diff_id: Option<Digest>,
    media_type: Option<&'a str>,
    what: String,
    created_by: Option<&'a str>,
    /// Whether it is known to be the base's.
    of_base: bool,
    /// Entries other than directories; null where it was not read.
    files: Option<usize>,
    /// Size of its tar; null where it was not read.
    size: Option<u64>,
    compressed_size: Option<u64>,
    /// With --files, of a layer that was read: its entries in stored order.
    entries: Option<Vec<Entry<'a>>>,
}

#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    #[schemars(regex(pattern = "^/"))]
    path: String,
    #[serde(flatten)]
    attributes: Attributes<'a>,
}

// What the header of a tar says of an entry, but for its path.
#[derive(Serialize, JsonSchema)]
pub struct Attributes<'a> {
    pub kind: EntryKind,
    pub mode: u32,
    pub owner: (u64, u64),
    pub size: u64,
    pub mtime: i64,
    pub link: Option<&'a str>,
}

#[derive(Serialize, JsonSchema)]
struct Limit {
    #[schemars(extend("enum" = ["uncompressed", "environment", "manifest"]))]
    what: &'static str,
    bytes: Option<u64>,
    /// Layers that were not read count as compressed.
    at_least: bool,
    max: u64,
    #[schemars(extend("enum" = ["Lambda allows", "Lambda advises", "the budget allows"]))]
    who: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Finding<'a> {
    #[schemars(regex(pattern = "^[a-z][a-z-]*$"))]
    id: &'static str,
    #[schemars(extend("enum" = words_of_checks(|check| check.level.to_string())))]
    level: String,
    subject: String,
    message: &'a str,
}

impl<'a> Inspect<'a> {
    /// All of an image, or one layer `only`; with the files of layers if `files`.
    pub fn of(image: &'a Inspected, only: Option<usize>, files: bool) -> Self {
        let layers = image.layers.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at));
        let entries =
            |at| image.entries(at).filter(|_| files).map(|all| all.iter().map(Entry::from).collect());
        let text = |key: &str| image.config(key).as_str();
        Self {
            version: Version,
            image: &image.name,
            digest: image.digest.map(Into::into),
            config_digest: image.config_digest.into(),
            runtime: image.view.profile.as_ref().map(|profile| profile.id.as_str()),
            base: (&image.base).into(),
            os: text("os"),
            architecture: text("architecture"),
            created: text("created"),
            start: (&image.start).into(),
            layers: layers.map(|(at, layer)| Layer::of(at, layer, entries(at))).collect(),
            limits: image.limits.iter().map(Limit::from).collect(),
            annotations: &image.annotations,
            labels: &image.labels,
            findings: image.report.findings.iter().map(Finding::from).collect(),
            referrers: image.referrers.as_ref().map(|all| all.iter().map(Referrer::from).collect()),
        }
    }
}

impl<'a> From<&'a inspect::Base> for Base<'a> {
    fn from(base: &'a inspect::Base) -> Self {
        Self { name: base.name.as_deref(), digest: base.digest.as_deref(), embedded: base.embedded }
    }
}

impl<'a> From<&'a inspect::Start> for Start<'a> {
    fn from(start: &'a inspect::Start) -> Self {
        let programs = start.programs.iter().map(Program::from).collect();
        Self { words: &start.words, workdir: &start.workdir, programs }
    }
}

impl<'a> From<&'a check::Program> for Program<'a> {
    fn from(program: &'a check::Program) -> Self {
        let check::Program { started_by, word, location } = program;
        let (state, path, layer, why) = match location {
            ProgramLocation::Unknown => (State::Unknown, None, None, None),
            ProgramLocation::Missing(why) => (State::Missing, None, None, Some(why.as_str())),
            ProgramLocation::Found { path, layer, executable } => {
                let state = if *executable { State::Executable } else { State::NotExecutable };
                (state, Some(path.as_str()), Some(*layer), None)
            }
        };
        Self { what: started_by.name(), word, state, path, layer, why }
    }
}

impl<'a> Layer<'a> {
    fn of(index: usize, layer: &'a inspect::Layer, entries: Option<Vec<Entry<'a>>>) -> Self {
        Self {
            index,
            digest: layer.digest.map(Into::into),
            diff_id: layer.diff_id.map(Into::into),
            media_type: layer.media_type.as_deref(),
            what: layer.what(),
            created_by: layer.created_by.as_deref(),
            of_base: layer.of_base,
            files: layer.files,
            size: layer.bytes,
            compressed_size: layer.compressed,
            entries,
        }
    }
}

impl<'a> From<&'a survey::Entry> for Entry<'a> {
    fn from(entry: &'a survey::Entry) -> Self {
        let survey::Entry { kind, mode, owner, size, mtime, link, .. } = entry;
        let attributes = Attributes {
            kind: (*kind).into(),
            mode: *mode,
            owner: *owner,
            size: *size,
            mtime: *mtime,
            link: link.as_deref(),
        };
        Self { path: format!("/{}", entry.name()), attributes }
    }
}

impl From<&inspect::Limit> for Limit {
    fn from(limit: &inspect::Limit) -> Self {
        let inspect::Limit { what, bytes, at_least, max, who } = *limit;
        Self { what, bytes, at_least, max, who }
    }
}

impl<'a> From<&'a Found> for Finding<'a> {
    fn from(found: &'a Found) -> Self {
        Self {
            id: found.check.id,
            level: found.level.to_string(),
            subject: found.fault.location.to_string(),
            message: &found.fault.message,
        }
    }
}
