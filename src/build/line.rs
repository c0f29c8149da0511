//! The line: one build from the choices to outputs that wait for their names.

use std::path::PathBuf;
use std::thread;

use super::bases::{self, Choice};
use super::built::{Built, BuiltImage};
use super::check;
use super::early_push::EarlyPush;
use super::error::BuildError;
use super::gather::gather;
use super::layers::{self, LayerMaker};
use super::options::{BuildOptions, Destinations};
use super::plan::plan;
use super::push;
use super::resources::Resources;
use super::spec::BuildSpec;
use super::stage::{self, StagedBuild};
use super::{images, limits};
use crate::context::Context;
use crate::examine::{CheckOptions, Checked};
use crate::progress::Phase;
use crate::publish::{self, Staged};
use crate::reference::Reference;
use crate::runtime::{self, RuntimeProfile};
use crate::source::SourceEnv;
use crate::work::{self, Run};

/// What the caller of a build chose.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// What to build.
    pub spec: &'a BuildSpec,
    /// Where its images go.
    pub destinations: &'a Destinations,
    /// How it is built.
    pub options: &'a BuildOptions,
}

/// Builds, checks and pushes; what is left is to give the outputs, which are made beside their final names, those names.
///
/// # Errors
/// [`BuildError`]; nothing stands under the name of an output then that did not before.
pub fn make(
    order: Order<'_>,
    run: Run<'_>,
    context: &Context,
    resources: &Resources<'_>,
) -> Result<StagedBuild, BuildError> {
    let Order { spec, destinations, options } = order;
    let context = &Context { facts: resources.memory.facts().clone(), ..context.clone() };
    let Resolved { profile, choices, targets } = resolve(order)?;
    let gathered = gather(spec, &profile, written(order, context), resources, run)?;
    let plan = plan(spec, &profile, gathered)?;
    run.meter.time(Phase::Walk, || ((), plan.files()));
    limits::check_plan(&plan, &spec.architectures)?;

    let staging = resources.layers.staging(stage::place_of_layers(destinations, options).as_deref())?;
    let at = &SourceEnv { staging: &staging, run, epoch: spec.epoch, context };
    let bases = bases::load(choices, resources.bases, at)?;
    limits::check_bases(&plan, &bases)?;
    let unpinned = bases::unpinned(spec, &bases);

    let early = &EarlyPush::new(&targets, bases.iter().map(|base| &*base.image), context, run.meter);
    let (memory, surveyed) = (resources.memory, options.check.is_some());
    let maker = &LayerMaker { at, memory, root: &spec.path, surveyed, early };
    let coming = if options.dry_run { Vec::new() } else { bases::needed(&destinations.outputs, &bases) };
    let layers = layers::make(plan.layers, coming, resources.layers, maker)?;
    let images = images::make(spec, &plan.edits, bases, &layers)?;

    let (checked, staged) = judge_and_stage(order, &images, run, context, resources)?;
    let pushed = if options.dry_run { Vec::new() } else { push::push(&images, &targets, run, context)? };
    let built = Built {
        profile,
        images,
        layers: layers.into_iter().map(|layer| layer.report).collect(),
        checked,
        published: Vec::new(),
        pushed,
        warnings: plan.warnings,
        unpinned,
        left_out: plan.left_out,
        _staging: staging,
    };
    Ok(StagedBuild { built, writes: !options.dry_run, staged, outputs: destinations.outputs.clone() })
}

/// What the names in an order mean.
struct Resolved<'a> {
    profile: RuntimeProfile,
    /// The base of each architecture.
    choices: Vec<Choice<'a>>,
    /// The names in registries of each architecture's image; none in a dry run.
    targets: Vec<Vec<Reference>>,
}

/// Looks everything up that needs neither disk nor network, and refuses what does not go together.
fn resolve(order: Order<'_>) -> Result<Resolved<'_>, BuildError> {
    let Order { spec, destinations, options } = order;
    let profile = runtime::profile(&spec.runtime)?;
    if spec.architectures.is_empty() {
        return Err(BuildError::NoArchitecture);
    }
    spec.architectures.iter().try_for_each(|arch| profile.require(*arch))?;
    publish::check(&destinations.outputs, spec.media_types)?;
    let choices = bases::choose(spec, &profile)?;
    let mut targets = push::targets(&destinations.push, &spec.architectures)?;
    if options.dry_run {
        targets.clear();
    }
    Ok(Resolved { profile, choices, targets })
}

/// What a build writes: its outputs, what its caller writes, and the cache. None of it is part of a function.
fn written(order: Order<'_>, context: &Context) -> Vec<PathBuf> {
    let outputs = order.destinations.outputs.iter().map(|output| output.path().to_owned());
    let others = order.options.written.iter().cloned();
    outputs.chain(others).chain([context.cache.root().to_owned()]).collect()
}

/// Checks the images and stages them in their outputs at the same time: outputs that are made beside their final names
/// publish nothing yet, and need not wait for checks.
fn judge_and_stage(
    order: Order<'_>,
    images: &[BuiltImage],
    run: Run<'_>,
    context: &Context,
    resources: &Resources<'_>,
) -> Result<(Vec<Checked>, Vec<Staged>), BuildError> {
    let Order { spec, destinations, options } = order;
    let (cpu, memory) = (resources.cpu, resources.memory);
    let judge = |checking: &CheckOptions| {
        // Of a build, the runtime is known.
        let runtime = checking.runtime.clone().or_else(|| Some(spec.runtime.clone()));
        let checking = CheckOptions { runtime, ..checking.clone() };
        cpu.one(run, |run| check::built(images, &checking, memory.surveys(), run, context))
    };
    let stage = |run: Run<'_>| {
        let times = (spec.epoch, options.started_at);
        let stage = || stage::stage(destinations, times, run, images, memory.facts());
        run.meter.time(Phase::Publish, stage)
    };
    let (checked, staged) = thread::scope(|scope| {
        let checked = options.check.as_ref().map(|checking| work::spawn(scope, move || judge(checking)));
        let staged = (!options.dry_run).then(|| cpu.one(run, stage));
        (checked.map(work::Spawned::join), staged)
    });
    Ok((checked.transpose()?.unwrap_or_default(), staged.transpose()?.unwrap_or_default()))
}
