//! `Line`: runs the steps of one build in order. The outputs get their names later, in `commit`.

mod make_steps;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::base_start;
use super::bases::{self, Base};
use super::built::{Built, BuiltImage};
use super::check;
use super::early_push::EarlyPush;
use super::error::BuildError;
use super::evidence;
use super::gather::{Gathered, gather};
use super::layer_role::LayerRole;
use super::layers::{self, LayerMaker, NewLayer};
use super::options::{BuildOptions, Destinations};
use super::plan::{Plan, plan};
use super::push;
use super::resolve::{Resolved, resolve};
use super::resources::Resources;
use super::spec::BuildSpec;
use super::stage::{self, StagedBuild};
use super::steps::{self, StepLayer};
use super::{images, limits};
use crate::arch::Arch;
use crate::context::Context;
use crate::examine::{CheckOptions, Checked};
use crate::progress::Phase;
use crate::publish::Staged;
use crate::publish::registry::Pushed;
use crate::reference::Reference;
use crate::registry_cache::RegistryCache;
use crate::runtime::RuntimeProfile;
use crate::source::SourceEnv;
use crate::tree::FileTree;
use crate::work::{self, Interrupted, Run, parallel};

/// How often a build is tried with layers of other machines. Where one of them could not be had each time, the next try
/// uses none.
const TRIES: usize = 5;

/// One build.
pub struct Line<'a> {
    /// What to build.
    pub spec: &'a BuildSpec,
    /// Where its images go.
    pub destinations: &'a Destinations,
    /// How it is built.
    pub options: &'a BuildOptions,
    /// What its steps use.
    pub resources: Resources<'a>,
    /// How they run.
    pub run: Run<'a>,
    /// Registries and cache.
    pub context: Context,
}

/// What is planned before bases are looked at: all, where files alone decide it.
enum Planned {
    Plan(Plan),
    Gathered(Gathered),
}

impl Planned {
    /// Whether layers of bases may have to be read.
    fn may_read_bases(&self) -> bool {
        match self {
            Planned::Plan(plan) => plan.lacking.is_some(),
            Planned::Gathered(_) => true,
        }
    }
}

/// Whether an error tells what is published already.
fn has_published(error: &BuildError) -> bool {
    matches!(error, BuildError::Push(_) | BuildError::Attest(_))
}

impl Line<'_> {
    /// Builds, checks and pushes; what is left is to give the outputs, which are made next to their final names, those
    /// names.
    ///
    /// # Errors
    /// [`BuildError`]; nothing stands under the name of an output then that did not before.
    pub fn make(&self) -> Result<StagedBuild, BuildError> {
        let Some(cache) = self.resources.earlier.shared() else { return self.make_once() };
        let made =
            work::also_interrupting(self.run.interrupted, cache.interrupted(), || self.make_with(cache));
        match made {
            // Whatever could not be read: the user ended it. A push tells what it reached.
            Err(error) if self.run.check().is_err() && !has_published(&error) => Err(Interrupted.into()),
            made => made,
        }
    }

    /// Builds with the registry cache, and again without its entries that turn out to be bad.
    fn make_with(&self, cache: &RegistryCache) -> Result<StagedBuild, BuildError> {
        for left in (0..TRIES).rev() {
            let failures = cache.failures();
            match self.make_once() {
                // A layer of another machine could not be had: the build does without it.
                Err(error) if cache.failures() > failures && self.run.check().is_ok() => {
                    drop(error);
                    if left == 0 {
                        cache.stop_taking();
                    }
                    self.resources.steps.forget_distrusted(cache);
                    self.resources.layers.forget_distrusted(cache);
                }
                made => return made,
            }
        }
        self.make_once()
    }

    fn make_once(&self) -> Result<StagedBuild, BuildError> {
        let Self { spec, destinations, options, .. } = *self;
        let Resolved { profile, choices, targets } = resolve(spec, destinations, options.dry_run)?;
        let gathered = self.gather(&profile)?;
        // Without steps, nothing is asked of the network before all is refused that the files alone can show.
        let planned = match self.spec.steps.is_empty() {
            true => Planned::Plan(self.plan(&profile, gathered, &[])?),
            false => Planned::Gathered(gathered),
        };
        let place = self.place_of_layers(planned.may_read_bases());
        let staging = self.resources.layers.staging(place.as_deref())?;
        let at =
            &SourceEnv { staging: &staging, run: self.run, epoch: self.spec.epoch, context: &self.context };
        let bases = bases::load(choices, self.resources.bases, at)?;
        let steps = self.steps(&profile, &bases, &targets, at)?;
        let mut plan = match planned {
            Planned::Plan(plan) => plan,
            Planned::Gathered(gathered) => self.plan_with(&profile, gathered, &steps)?,
        };
        if let Some(lacking) = plan.lacking.take() {
            let surveys = self.resources.earlier.surveys();
            base_start::require(self.spec, lacking, &bases, &mut plan.edits, surveys, self.run)?;
        }
        limits::check_bases(&plan, &bases)?;
        let layers = self.layers(std::mem::take(&mut plan.layers), &bases, &targets, at)?;
        let layers = steps::between(layers, &steps);
        let images = images::make(self.spec, &plan.edits, &bases, &layers)?;
        let (checked, staged) = self.judge_and_stage(&images)?;
        let pushed = self.push(&images, &targets)?;
        let mut warnings = plan.warnings;
        warnings.extend(self.share(&layers, &steps));

        let built = Built {
            profile,
            images,
            layers: layers.into_iter().map(|layer| layer.report).collect(),
            steps: steps.iter().map(StepLayer::report).collect(),
            checked,
            published: Vec::new(),
            pushed,
            warnings,
            unpinned: bases::unpinned(self.spec, &bases),
            registry_cache: self.resources.earlier.shared().map(RegistryCache::exchanged),
            left_out: plan.left_out,
            _staging: Arc::clone(&staging),
        };
        Ok(StagedBuild::new(built, staged, (!self.options.dry_run).then_some(self.destinations)))
    }

    /// Reads the function. Nothing that a build writes is part of it: outputs, what the caller writes, and the cache.
    fn gather(&self, profile: &RuntimeProfile) -> Result<Gathered, BuildError> {
        Ok(gather(self.spec, profile, self.written(), &self.resources, self.run)?)
    }

    /// Paths that the build writes.
    fn written(&self) -> Vec<PathBuf> {
        let outputs = self.destinations.outputs.iter().map(|output| output.path().to_owned());
        let others = self.options.written.iter().cloned();
        outputs.chain(others).chain([self.context.cache.root().to_owned()]).collect()
    }

    /// Lays out the function and the results of its steps, and refuses what no base could help.
    fn plan(
        &self,
        profile: &RuntimeProfile,
        mut gathered: Gathered,
        steps: &[StepLayer],
    ) -> Result<Plan, BuildError> {
        gathered.find_entry(steps)?;
        let plan = plan(self.spec, profile, gathered, steps)?;
        self.run.meter.time(Phase::Walk, || ((), plan.files()));
        limits::check_plan(&plan, &self.spec.architectures)?;
        Ok(plan)
    }

    /// The path next to which new layers are put: the first output, so that they can be linked there instead of copied,
    /// or one in the temporary directory. `None` where nothing reads their bytes, nor those of bases, unless the build
    /// `reads_bases` itself.
    fn place_of_layers(&self, reads_bases: bool) -> Option<PathBuf> {
        let Self { options, destinations, .. } = self;
        let temporary = options.temp_dir.join("blobs");
        if options.dry_run {
            // New layers are surveyed while they are packed, those of bases only from their bytes.
            let reads_bases = reads_bases || options.check.as_ref().is_some_and(|checking| checking.deep);
            return (options.keep_layers || reads_bases).then_some(temporary);
        }
        let shares = self.resources.earlier.shared().is_some_and(|cache| cache.writes_to().is_some());
        match destinations.outputs.first() {
            Some(output) => Some(output.path().to_owned()),
            None => (shares || !destinations.push.is_empty()).then_some(temporary),
        }
    }

    /// Where new layers are sent at once.
    fn early_push<'b>(&'b self, bases: &'b [Base<'_>], targets: &[Vec<Reference>]) -> EarlyPush<'b> {
        let images = bases.iter().map(|base| &*base.image);
        EarlyPush::new(targets, images, &self.context, self.run.meter)
    }

    /// Makes the new layers, while those of the bases come in that an output lacks, and sends them early.
    fn layers(
        &self,
        trees: Vec<(LayerRole, FileTree)>,
        bases: &[Base<'_>],
        targets: &[Vec<Reference>],
        at: &SourceEnv<'_>,
    ) -> Result<Vec<NewLayer>, BuildError> {
        let Resources { layers, earlier, .. } = self.resources;
        let early = &self.early_push(bases, targets);
        let surveyed = self.options.check.is_some();
        let facts = earlier.facts();
        let maker = &LayerMaker { at, earlier, facts, root: &self.spec.path, surveyed, early };
        let coming = match self.options.dry_run {
            true => Vec::new(),
            false => bases::needed(&self.destinations.outputs, bases),
        };
        layers::make(trees, coming, layers, maker)
    }

    /// Checks the images and stages them in their outputs at the same time: outputs that are made next to their final
    /// names publish nothing yet, and need not wait for checks.
    fn judge_and_stage(&self, images: &[BuiltImage]) -> Result<(Vec<Checked>, Vec<Staged>), BuildError> {
        let Self { spec, destinations, options, run, context, .. } = self;
        let Resources { cpu, earlier, .. } = self.resources;
        let judge = |checking: &CheckOptions| {
            // Of a build, the runtime is known.
            let runtime = checking.runtime.clone().or_else(|| Some(spec.runtime.clone()));
            let checking = CheckOptions { runtime, ..checking.clone() };
            cpu.one(*run, |run| check::built(images, &checking, earlier.surveys(), run, context))
        };
        let stage = |run: Run<'_>| {
            let times = (spec.epoch, options.started_at);
            let stage = || stage::stage(destinations, times, run, images, earlier.facts());
            run.meter.time(Phase::Publish, stage)
        };
        let (checked, staged) = thread::scope(|scope| {
            let checked = options.check.as_ref().map(|checking| work::spawn(scope, move || judge(checking)));
            let staged = (!options.dry_run).then(|| cpu.one(*run, stage));
            (checked.map(work::Spawned::join), staged)
        });
        Ok((checked.transpose()?.unwrap_or_default(), staged.transpose()?.unwrap_or_default()))
    }

    /// Lets other machines have what was made, where they are to; returns what the user should know of that.
    fn share(&self, layers: &[NewLayer], steps: &[StepLayer]) -> Vec<String> {
        let Some(cache) = self.resources.earlier.shared() else { return Vec::new() };
        if cache.writes_to().is_some() && !self.options.dry_run {
            let (surveys, epoch) = (self.resources.earlier.surveys(), self.spec.epoch);
            let of_layers = layers.iter().filter_map(|layer| layer.sharable.as_deref().cloned());
            let sharable: Vec<_> = of_layers.chain(steps.iter().filter_map(StepLayer::sharable)).collect();
            parallel(self.run.jobs, &sharable, |one| one.clone().offer(cache, surveys, epoch, self.run));
        }
        cache.take_warnings()
    }

    /// Pushes the images, and the evidence about them; in a dry run, nothing.
    fn push(
        &self,
        images: &[BuiltImage],
        targets: &[Vec<Reference>],
    ) -> Result<Vec<(Arch, Pushed)>, BuildError> {
        if self.options.dry_run {
            return Ok(Vec::new());
        }
        let pushed = push::push(images, targets, self.run, &self.context)?;
        evidence::attach(self.spec, self.options, images, &pushed, self.run, &self.context)?;
        Ok(pushed)
    }
}
