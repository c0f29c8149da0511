//! The line itself: from the choices to published images.

mod bases;
mod check;
mod copy;
mod early_push;
pub(crate) mod error;
pub(crate) mod fleet;
mod layer_role;
mod layers;
mod limits;
mod options;
mod plan;
mod spec;
mod stage;

use self::early_push::Ahead;
pub use self::fleet::limiter::CpuSlots;
pub use self::fleet::shared::Shared;
pub use self::layer_role::LayerRole;
use self::layers::LayerMaker;
use self::stage::StagedBuild;
use crate::examine::{CheckOptions, Checked};
pub use copy::{Copied, copy};
pub use error::BuildError;
pub use fleet::{Member, fleet};
pub use options::{BuildOptions, Destinations};
pub use plan::Plan;
use plan::plan;
pub use spec::{Add, BuildSpec, Split};

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use crate::arch::Arch;
use crate::context::Context;
use crate::digest::Digest;
use crate::image::{Addition, CREATED_BY_PREFIX, FORMAT_ANNOTATION, Image, Layer, assemble};
use crate::media_type::Family;
use crate::pack::{LAYER_FORMAT, Packed};
use crate::progress::Phase;
use crate::publish;
use crate::publish::registry::Pushed;
use crate::reference::Reference;
use crate::runtime::{self, RuntimeProfile};
use crate::source::{self, ImageRef, Workplace};
use crate::store::Staging;
use crate::work::{self, Run};

/// What a build made.
pub struct Built {
    /// The runtime.
    pub profile: RuntimeProfile,
    /// One image for each architecture, in the order asked for.
    pub images: Vec<BuiltImage>,
    /// The new layers, lowest first: the same in every image.
    pub layers: Vec<LayerReport>,
    /// What checks found in each image, where they were asked.
    pub checked: Vec<Checked>,
    /// What was put where, by image and output.
    pub published: Vec<Published>,
    /// What was pushed, by image and repository.
    pub pushed: Vec<(Arch, Pushed)>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// That nothing pins the bases, where nothing does: it holds for every build until something is done about it.
    pub unpinned: Option<String>,
    /// What stayed out of the function only because developers' tools keep it, in the order of paths.
    pub left_out: Vec<String>,
    /// Holds the new layers: the images can be read as long as this lives.
    _staging: Arc<Staging>,
}

/// One image.
pub struct BuiltImage {
    /// What it runs on.
    pub arch: Arch,
    /// The image.
    pub image: Image,
    /// The base, as it was asked for.
    pub base: ImageRef,
    /// How many of its layers are the base's.
    pub base_layers: usize,
}

/// One new layer.
#[derive(Clone)]
pub struct LayerReport {
    /// What it holds.
    pub part: LayerRole,
    /// Paths of its files and links, in order.
    pub files: Arc<[String]>,
    /// Digests and sizes.
    pub packed: Packed,
}

/// One image in one output.
pub struct Published {
    /// What it runs on.
    pub arch: Arch,
    /// The output, with the image's tag.
    pub target: String,
    /// Digest of the image's manifest.
    pub digest: Digest,
}

/// Builds one image for each architecture and puts them into every destination. Of the network it uses
/// what `context` has, and only where a base or a destination is in a registry.
///
/// # Errors
/// [`BuildError`]; nothing stands under the name of an output then that did not before.
pub fn build(
    spec: &BuildSpec,
    destinations: &Destinations,
    options: &BuildOptions,
    run: Run<'_>,
    context: &Context,
) -> Result<Built, BuildError> {
    let shared = Shared::alone(spec, options, context);
    make(spec, destinations, options, run, context, &shared)?.commit(run, context)
}

/// Builds, checks and pushes; the outputs are made beside their final names.
fn make(
    spec: &BuildSpec,
    destinations: &Destinations,
    options: &BuildOptions,
    run: Run<'_>,
    context: &Context,
    shared: &Shared,
) -> Result<StagedBuild, BuildError> {
    let profile = runtime::profile(&spec.runtime)?;
    if spec.architectures.is_empty() {
        return Err(BuildError::NoArchitecture);
    }
    spec.architectures.iter().try_for_each(|arch| profile.require(*arch))?;
    publish::check(&destinations.outputs, spec.media_types)?;
    let choices = bases::choose(spec, &profile)?;
    let context = &Context { facts: Arc::clone(shared.memory.facts()), ..context.clone() };
    let written = written(destinations, options, context);
    let mut plan = planned(spec, &profile, written, shared, run)?;
    let targets: Vec<_> =
        spec.architectures.iter().map(|arch| targets(spec, destinations, *arch)).collect::<Result<_, _>>()?;

    let staging = shared.staging(destinations, options)?;
    let at = Workplace { staging: &staging, run, epoch: spec.epoch, context };
    let mut bases = Vec::new();
    for choice in choices {
        let base = shared.base(&choice, &at)?;
        limits::check_configuration(&choice.wanted.to_string(), &base, &plan.edits)?;
        let size = |layer: &Layer| layer.tar_size.unwrap_or(layer.descriptor.size);
        let below = base.layers.iter().map(size).sum();
        limits::check_size(&plan, below)?;
        bases.push((choice, base));
    }
    let unpinned = bases::warning(spec, &bases);

    let trees = std::mem::take(&mut plan.layers);
    let to = if options.dry_run { &[][..] } else { &targets };
    let ahead = Ahead::new(to, bases.iter().map(|(_, base)| &**base), context, run.meter);
    let surveyed = options.check.is_some();
    // Bases come in while layers are packed: the network and the processors do not wait for each other.
    let needed = if options.dry_run { Vec::new() } else { bases::needed(&destinations.outputs, &bases) };
    context.progress.expecting(&source::coming(&needed, &context.cache));
    let fetching = source::begin(needed, run.jobs);
    let layers = LayerMaker { at: &at, shared, root: &spec.path, surveyed, ahead: &ahead }.make(trees)?;
    fetching.finish(run)?;
    let mut images = Vec::new();
    for (choice, base) in bases {
        // Never the base's or an output's: one build has one digest, whatever way it leaves.
        let family = spec.media_types.unwrap_or(Family::Oci);
        let additions = layers.iter().map(|(report, layer)| Addition {
            layer: layer.clone(),
            created_by: format!("{CREATED_BY_PREFIX}{}", report.part.name()),
        });
        let notes = annotations(spec, &choice.wanted, &base);
        let image = assemble(&base, family, additions.collect(), &plan.edits, &notes, spec.epoch)?;
        let bases::Choice { arch, wanted, .. } = choice;
        images.push(BuiltImage { arch, image, base: wanted, base_layers: base.layers.len() });
    }

    // Making outputs beside their final names publishes nothing yet, and need not wait for checks.
    let meter = run.meter;
    let (checked, staged) = thread::scope(|scope| {
        let check = |checking: &CheckOptions| {
            shared.compute(run, |run| check::built(&images, checking, &shared.surveys, run, context))
        };
        let checking = options.check.as_ref().map(|checking| for_runtime(checking, spec));
        let checked = checking.map(|checking| work::beside(scope, move || check(&checking)));
        let stage = |run| {
            meter.time(Phase::Publish, || {
                stage::stage(
                    destinations,
                    (spec.epoch, options.started_at),
                    run,
                    &images,
                    shared.memory.facts(),
                )
            })
        };
        let staged = (!options.dry_run).then(|| shared.compute(run, stage));
        if !shared.is_fleet() {
            shared.keep();
        }
        (checked.map(work::Beside::join).transpose(), staged)
    });
    let checked = checked?;
    let staged = staged.transpose()?;
    let pushed = match staged {
        Some(_) => meter.time(Phase::Upload, || {
            let pushed = push_all(&images, &targets, run, context)?;
            // Bytes are counted as they go.
            Ok::<_, BuildError>((pushed, 0))
        })?,
        None => Vec::new(),
    };
    let built = Built {
        profile,
        images,
        layers: layers.into_iter().map(|(report, _)| report).collect(),
        checked: checked.unwrap_or_default(),
        published: Vec::new(),
        pushed,
        warnings: plan.warnings,
        unpinned,
        left_out: plan.left_out,
        _staging: staging,
    };
    let (writes, staged) = (staged.is_some(), staged.unwrap_or_default());
    Ok(StagedBuild { built, writes, staged, outputs: destinations.outputs.clone() })
}

/// The plan, and whether Lambda would refuse it.
fn planned(
    spec: &BuildSpec,
    profile: &RuntimeProfile,
    written: Vec<PathBuf>,
    shared: &Shared,
    run: Run<'_>,
) -> Result<Plan, BuildError> {
    let plan = plan(spec, profile, written, shared, run)?;
    let files = plan.layers.iter().map(|(_, tree)| tree.files().count() as u64).sum();
    run.meter.time(Phase::Walk, || ((), files));
    for arch in &spec.architectures {
        limits::check_started(&plan.started, *arch)?;
    }
    limits::check_names(&plan)?;
    limits::check_size(&plan, 0)?;
    Ok(plan)
}

/// What a build writes: its outputs, what its caller writes, and the cache. None of it is part of a function.
fn written(destinations: &Destinations, options: &BuildOptions, context: &Context) -> Vec<PathBuf> {
    let outputs = destinations.outputs.iter().map(|output| output.path().to_owned());
    outputs.chain(options.written.iter().cloned()).chain([context.cache.root().to_owned()]).collect()
}

/// What to check for: of a build, the runtime is known.
fn for_runtime(checking: &CheckOptions, spec: &BuildSpec) -> CheckOptions {
    let runtime = checking.runtime.clone().or_else(|| Some(spec.runtime.clone()));
    CheckOptions { runtime, ..checking.clone() }
}

/// What the image says of itself (OCI image specification, "annotations"), and what the user adds. A
/// path of the host is never part of it: it would move the digest from machine to machine.
fn annotations(spec: &BuildSpec, wanted: &ImageRef, base: &Image) -> BTreeMap<String, String> {
    let mut notes = BTreeMap::new();
    let mut note = |key: &str, value: String| notes.insert(key.to_owned(), value);
    if *wanted != ImageRef::Scratch {
        note("org.opencontainers.image.base.digest", base.digest.to_string());
        if let Some(name) = &base.name {
            note("org.opencontainers.image.base.name", name.clone());
        }
    }
    note("org.opencontainers.image.created", spec.epoch.rfc3339());
    notes.extend(spec.annotations.clone());
    notes.insert(FORMAT_ANNOTATION.to_owned(), LAYER_FORMAT.to_string());
    notes
}

/// What an image is called in registries; of several, each by its architecture too.
fn targets(spec: &BuildSpec, destinations: &Destinations, arch: Arch) -> Result<Vec<Reference>, BuildError> {
    let target = |target: &Reference| match target.tag() {
        Some(tag) if spec.architectures.len() > 1 => target.with_tag(&format!("{tag}-{arch}")),
        _ => Ok(target.clone()),
    };
    Ok(destinations.push.iter().map(target).collect::<Result<_, _>>()?)
}

/// Pushes each image to its targets.
fn push_all(
    images: &[BuiltImage],
    targets: &[Vec<Reference>],
    run: Run<'_>,
    context: &Context,
) -> Result<Vec<(Arch, Pushed)>, BuildError> {
    let pairs: Vec<_> =
        images.iter().map(|built| &built.image).zip(targets.iter().map(Vec::as_slice)).collect();
    let pushed = publish::registry::push(&pairs, context, run)?;
    let each = images.iter().zip(pushed);
    Ok(each.flat_map(|(built, all)| all.into_iter().map(|one| (built.arch, one))).collect())
}
