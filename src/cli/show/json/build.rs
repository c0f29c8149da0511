//! The object of `build`, which is also what `--metadata-file` holds.

use std::borrow::Cow;
use std::path::PathBuf;

use lambda_img::build::{self, BuiltImage, LayerReport, LayerRole, StepReport};
use lambda_img::image;
use lambda_img::pack::LAYER_FORMAT;
use lambda_img::step::Cause;
use schemars::JsonSchema;
use serde::Serialize;

use super::finding::Finding;
use super::pushed::{Pushed, Reached, Stopped};
use super::registry_cache::RegistryCache;
use super::values::{Architecture, Digest, ManifestType, Pinned, Version};
use crate::cli::show::unpinned;

/// Of one function what was built; of several, or with --all or --changed-since, that of each. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Build<'a> {
    Built(Built<'a>),
    Functions(Functions<'a>),
    Stopped(Stopped<'a>),
}

#[derive(Serialize, JsonSchema)]
pub struct Functions<'a> {
    pub version: Version<1>,
    pub functions: Vec<Function<'a>>,
    /// What was taken from the registry cache and written there, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_cache: Option<RegistryCache>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Function<'a> {
    Built {
        name: &'a str,
        built: Built<'a>,
    },
    /// A push stopped on its way.
    Stopped {
        name: &'a str,
        #[serde(flatten)]
        failure: Failure,
        #[serde(flatten)]
        reached: Reached<'a>,
    },
    Failed {
        name: &'a str,
        #[serde(flatten)]
        failure: Failure,
    },
    /// Not begun, because the user interrupted or another one failed with --fail-fast.
    NotBegun {
        name: &'a str,
    },
}

#[derive(Serialize, JsonSchema)]
pub struct Failure {
    /// For people.
    #[schemars(length(min = 1))]
    pub error: String,
    /// What the function alone would have ended with.
    #[schemars(range(min = 1))]
    pub exit_code: u8,
}

#[derive(Serialize, JsonSchema)]
pub struct Built<'a> {
    version: Version<1>,
    /// Lambda's identifier of the runtime.
    runtime: &'a str,
    #[schemars(range(min = 1))]
    layer_format: u32,
    /// One for each architecture, in the order asked for.
    #[schemars(length(min = 1))]
    images: Vec<Image<'a>>,
    warnings: Vec<Cow<'a, str>>,
    /// What was taken from the registry cache and written there, where there is one; of several functions, that of all together is next to them.
    #[serde(skip_serializing_if = "Option::is_none")]
    registry_cache: Option<RegistryCache>,
    /// What stayed out of the function's directory by default, because developers' tools keep it there; paths relative to it.
    left_out: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Image<'a> {
    architecture: Architecture,
    /// As it was asked for.
    base: String,
    /// Of the manifest.
    digest: Digest,
    media_type: ManifestType,
    /// Docker's image id.
    config_digest: Digest,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    working_dir: Option<&'a str>,
    #[schemars(inner(regex(pattern = "=")))]
    env: Vec<String>,
    /// The lowest first.
    layers: Vec<Layer>,
    /// What became of each step of the function, in order.
    steps: Vec<Step<'a>>,
    /// What checks find and do not refuse: warnings, and what is allowed; as in `check --json`.
    findings: Vec<Finding<'a>>,
    pushed: Vec<Pushed<'a>>,
    /// OUTPUT@DIGEST, as the lines without --json.
    outputs: Vec<Pinned>,
}

#[derive(Serialize, JsonSchema)]
struct Step<'a> {
    name: &'a str,
    /// Whether its command ran; else what it made is remembered.
    ran: bool,
    /// Whether it did not run because another machine ran it: what it made is from the registry cache.
    taken: bool,
    /// Why it ran, for people.
    because: Option<String>,
    /// What is declared of it and is another thing than when it ran last: inputs, variables and others, for people.
    changed: &'a [String],
    /// The layer that it made; null, where it made nothing.
    layer: Option<Digest>,
    /// With --audit-steps: files of its directory, relative to it, that it opened and does not declare.
    undeclared: Option<Vec<String>>,
}

impl<'a> From<&'a StepReport> for Step<'a> {
    fn from(step: &'a StepReport) -> Self {
        let changed = match &step.ran {
            Some(Cause::Changed(parts)) => &parts[..],
            _ => &[],
        };
        let (ran, because) = (step.ran.is_some(), step.ran.as_ref().map(ToString::to_string));
        let shown = |path: &PathBuf| path.to_string_lossy().into_owned();
        let undeclared = step.undeclared.as_ref().map(|paths| paths.iter().map(shown).collect());
        Self {
            name: &step.name,
            ran,
            taken: step.taken,
            because,
            changed,
            layer: step.layer.map(Into::into),
            undeclared,
        }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Layer {
    OfBase {
        #[schemars(extend("const" = BASE))]
        part: &'static str,
        #[serde(flatten)]
        blob: Blob,
    },
    New {
        #[schemars(extend("enum" = ROLES.map(LayerRole::name)))]
        part: &'static str,
        /// The name of the step that made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        #[serde(flatten)]
        blob: Blob,
        /// Of its tar.
        uncompressed_size: u64,
        /// Files and links.
        files: usize,
    },
}

/// What the part of a base's layer is called.
const BASE: &str = "base";

const ROLES: [LayerRole; 7] = [
    LayerRole::LambdaLayers,
    LayerRole::Bootstrap,
    LayerRole::Added,
    LayerRole::Step,
    LayerRole::Dependencies,
    LayerRole::Code,
    LayerRole::Function,
];

#[derive(Serialize, JsonSchema)]
struct Blob {
    digest: Digest,
    diff_id: Digest,
    /// As it is stored and sent.
    size: u64,
}

impl<'a> From<&'a build::Built> for Built<'a> {
    fn from(built: &'a build::Built) -> Self {
        Self {
            version: Version,
            runtime: &built.profile.id,
            layer_format: LAYER_FORMAT,
            images: built.images.iter().map(|one| Image::of(one, built)).collect(),
            warnings: warnings(built),
            registry_cache: built.registry_cache.map(Into::into),
            left_out: &built.left_out,
        }
    }
}

impl Built<'_> {
    /// The same as one of several functions.
    pub fn among_others(self) -> Self {
        Self { registry_cache: None, ..self }
    }
}

fn warnings(built: &build::Built) -> Vec<Cow<'_, str>> {
    let unpinned = built.unpinned.as_ref().map(|bases| unpinned::warning(bases).into());
    built.warnings.iter().map(Cow::from).chain(unpinned).collect()
}

impl<'a> Image<'a> {
    fn of(one: &'a BuiltImage, built: &'a build::Built) -> Self {
        let BuiltImage { arch, image, base, base_layers, .. } = one;
        let of_base = image.layers[..*base_layers].iter().map(Layer::of_base);
        let pushed = built.pushed.iter().filter(|(for_arch, _)| for_arch == arch).map(|(_, one)| one);
        let checked = built.checked.iter().filter(|checked| checked.arch == Some(*arch));
        let outputs = built.published.iter().filter(|published| published.arch == *arch);
        Self {
            architecture: (*arch).into(),
            base: base.to_string(),
            digest: image.digest.into(),
            media_type: image.family.into(),
            config_digest: image.config.digest().into(),
            entrypoint: image.config.entrypoint(),
            cmd: image.config.cmd(),
            working_dir: image.config.working_dir(),
            env: image.config.env(),
            layers: of_base.chain(built.layers_of(*arch).map(Layer::new)).collect(),
            steps: built.steps_of(*arch).map(Step::from).collect(),
            findings: Finding::all(checked.flat_map(|checked| &checked.report.findings)),
            pushed: Pushed::all(pushed),
            outputs: outputs.map(|one| Pinned(format!("{}@{}", one.target, one.digest))).collect(),
        }
    }
}

impl Layer {
    fn of_base(layer: &image::Layer) -> Self {
        let (digest, size) = (layer.descriptor.digest, layer.descriptor.size);
        Self::OfBase { part: BASE, blob: Blob { digest: digest.into(), diff_id: layer.diff_id.into(), size } }
    }

    fn new(layer: &LayerReport) -> Self {
        let packed = layer.packed;
        Self::New {
            part: layer.role.name(),
            step: layer.step.as_ref().map(ToString::to_string),
            blob: Blob { digest: packed.digest.into(), diff_id: packed.diff_id.into(), size: packed.size },
            uncompressed_size: packed.tar_size,
            files: layer.files.len(),
        }
    }
}
