//! Every reason for which Lambda would refuse or break an image, found in its stored bytes.
//!
//! ```text
//! Seen (manifest, config, surveys of layers) ─→ Subject ─each check→ faults ─→ Report
//! ```
//!
//! One check is one [`Check`] in one file, one line in [`CHECKS`] and one page in `docs/checks`: see its
//! README. Checks judge what is stored, never what was meant.

/// The page of a check in `docs/checks`.
macro_rules! page {
    ($id:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/checks/", $id, ".md"))
    };
}

mod deploy;
mod files;
mod function;
mod image;
mod layers;
pub mod limits;
mod recognise;
mod report;
mod runtime;
mod secrets;
mod start;
mod subject;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use recognise::{BASE_DIGEST, BASE_NAME, base, is_on_aws_base, note, recognise};
pub use report::{Accepted, Finding, Report, UnknownCheck, known};
pub use start::program::{By, Program, all as programs};
pub use subject::{BaseNow, Document, Expectations, ImageView, LayerView, NotRead, Subject};

use crate::key::KeyHasher;
use crate::survey::Survey;

/// The beginning of a key under which something can be kept that this code found: other code finds nothing
/// there. What else it depends on has to follow.
pub fn checks_version() -> KeyHasher {
    let mut hasher = KeyHasher::default();
    hasher.field(env!("LAMBDA_IMG_JUDGES").as_bytes());
    hasher
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// It may be wrong: one report, or an inference.
    Warn,
    /// It is wrong: AWS documents it, or a source that AWS owns shows it. Nothing is published.
    Deny,
}

/// What a check rests on (`docs/lambda-and-ecr.md`, "Grades"): it decides the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// AWS documentation or API model.
    A,
    /// A file in a repository that AWS owns, or a specification that the image breaks.
    B,
    /// A third party's repository, issue or article.
    C,
    /// An inference.
    I,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Manifest and configuration.
    Image,
    /// The tars of the layers.
    Layers,
    /// What is started.
    Start,
    /// The files of the image.
    Files,
    /// What nobody should be given.
    Secrets,
    /// The runtime and its base.
    Runtime,
    /// Where the image is.
    Deploy,
}

/// One check. Its page in `docs/checks` says the same and more.
pub struct Check {
    /// Its name: words of lower case and hyphens.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// How bad its findings are.
    pub level: Level,
    /// What it rests on.
    pub grade: Evidence,
    /// What AWS says of such an image, to the letter, where a text is known.
    pub says: Option<&'static str>,
    /// Its page.
    pub page: &'static str,
    /// Finds faults.
    pub run: fn(&Subject<'_>) -> Vec<Fault>,
}

/// One fault that a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What is faulty.
    pub place: Place,
    /// What is wrong with it, with the values: a clause in lower case, without a full stop.
    pub message: String,
    /// What to do: likewise.
    pub fix: String,
}

/// A part of an image, in the order in which findings are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// The image as a whole.
    Image,
    /// The manifest, or the index in its place.
    Manifest,
    /// A field of the configuration, such as `config.User`.
    Config(Cow<'static, str>),
    /// A layer, counted from 0, the lowest.
    Layer(usize),
    /// A path of the image, without a leading slash, and the layer that it is from.
    Path(usize, String),
}

/// Every check, in the order of their groups.
pub const CHECKS: &[&Check] = &[
    // Image
    &image::index::CHECK,
    &image::documents::MANIFEST,
    &image::documents::CONFIG,
    &image::media_types::UNKNOWN,
    &image::media_types::MIXED,
    &image::layer_types::DOCKER,
    &image::layer_types::OCI,
    &image::layer_types::ZSTD,
    &image::layer_types::FOREIGN,
    &image::layer_types::COMPRESSION,
    &image::platform::ARCHITECTURE,
    &image::platform::OS,
    &image::sizes::MANIFEST,
    &image::sizes::IMAGE,
    &image::sizes::BUDGET,
    &image::sizes::ENVIRONMENT,
    &image::digests::MISSING,
    &image::digests::DIGEST,
    &image::digests::DIFF_ID,
    &image::history::CHECK,
    &image::settings::IGNORED,
    &image::settings::RESERVED,
    &image::settings::WORKDIR,
    // Layers
    &layers::parents::CHECK,
    &layers::damage::CHECK,
    &layers::duplicates::CHECK,
    &layers::hard_links::TARGET,
    &layers::hard_links::ANY,
    &layers::nodes::DEVICE,
    &layers::nodes::SET_ID,
    &layers::nodes::XATTR,
    &layers::nodes::TAR_KIND,
    &layers::names::CHECK,
    &layers::whiteouts::CHECK,
    &layers::gzip::MEMBERS,
    &layers::gzip::TRAILING,
    // Start
    &start::programs::MISSING,
    &start::programs::NOT_EXECUTABLE,
    &start::programs::FORMAT,
    &start::link::CHECK,
    &start::count::CHECK,
    &start::handler::MISSING,
    &start::handler::SYMBOL,
    &start::handler::DOTNET_JSON,
    &start::client::MISSING,
    &start::client::NONE,
    &start::nodejs::CALLBACK,
    &start::nodejs::SDK,
    // Files
    &files::readable::CHECK,
    &files::architecture::CHECK,
    &files::versions::CHECK,
    &files::libraries::CHECK,
    &files::links::CHECK,
    &files::host_paths::CHECK,
    &files::lambda_layers::CHECK,
    &files::bytecode::STALE,
    &files::bytecode::PYTHON,
    &files::bytecode::MISSING,
    &files::native::PYTHON,
    &files::native::NODE,
    &files::weight::LARGE,
    &files::weight::DUPLICATE,
    &files::weight::DEAD,
    &files::writable::CHECK,
    // Secrets
    &secrets::files::CHECK,
    &secrets::config::CHECK,
    // Runtime
    &runtime::support::DEPRECATED,
    &runtime::support::ENDING,
    &runtime::support::ARCHITECTURE,
    &runtime::base::MOVED,
    &runtime::base::CONFIG,
    // Deploy
    &deploy::host::PRIVATE,
    &deploy::host::FIPS,
    &deploy::host::DUAL_STACK,
    &deploy::host::REGION,
    &deploy::snapstart::CHECK,
];

/// The check of that name.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

/// Whether a layer holds what nobody should be given, by itself.
pub fn holds_secret(survey: &Arc<Survey>) -> bool {
    let survey = Ok(Arc::clone(survey));
    let layer = LayerView { descriptor: Value::Null, of_base: false, survey };
    let (seen, wishes) = (ImageView { layers: vec![layer], ..ImageView::default() }, Expectations::default());
    let subject = Subject::new(&seen, &wishes);
    let mut secrets = CHECKS.iter().filter(|check| check.group == Group::Secrets);
    secrets.any(|check| !(check.run)(&subject).is_empty())
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl Fault {
    /// A fault of `place`.
    pub fn new(place: Place, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { place, message: message.into(), fix: fix.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Image => f.write_str("image"),
            Place::Manifest => f.write_str("manifest"),
            Place::Config(field) => f.write_str(field),
            Place::Layer(layer) => write!(f, "layer {layer}"),
            Place::Path(_, path) => write!(f, "/{}", path.escape_debug()),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Warn => "warn",
            Level::Deny => "deny",
        })
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
