//! `Line`: runs the steps of one build in order. The outputs get their names later, in `commit`.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::base_start;
use super::bases::{self, Base, Choice};
use super::built::{Built, BuiltImage};
use super::check;
use super::early_push::EarlyPush;
use super::error::BuildError;
use super::gather::{Gathered, gather};
use super::layer_role::LayerRole;
use super::layers::{self, LayerMaker, NewLayer};
use super::options::{BuildOptions, Destinations};
use super::plan::{Plan, plan};
use super::push;
use super::resources::Resources;
use super::spec::BuildSpec;
use super::stage::{self, StagedBuild};
use super::{images, limits, values};
use crate::arch::Arch;
use crate::context::Context;
use crate::examine::{CheckOptions, Checked};
use crate::progress::Phase;
use crate::publish::registry::Pushed;
use crate::publish::{self, Staged};
use crate::reference::Reference;
use crate::runtime::{self, RuntimeProfile};
use crate::source::SourceEnv;
use crate::tree::FileTree;
use crate::work::{self, Run};

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

/// What the names in the choices mean.
struct Resolved<'a> {
    profile: RuntimeProfile,
    /// The base of each architecture.
    choices: Vec<Choice<'a>>,
    /// The names in registries of each architecture's image; none in a dry run.
    targets: Vec<Vec<Reference>>,
}

impl<'a> Line<'a> {
    /// Builds, checks and pushes; what is left is to give the outputs, which are made next to their final names, those
    /// names.
    ///
    /// # Errors
    /// [`BuildError`]; nothing stands under the name of an output then that did not before.
    pub fn make(&self) -> Result<StagedBuild, BuildError> {
        let Resolved { profile, choices, targets } = self.resolve()?;
        let gathered = self.gather(&profile)?;
        let mut plan = self.plan(&profile, gathered)?;
        limits::check_plan(&plan, &self.spec.architectures)?;
        let place = self.place_of_layers(plan.lacking.is_some());
        let staging = self.resources.layers.staging(place.as_deref())?;
        let at =
            &SourceEnv { staging: &staging, run: self.run, epoch: self.spec.epoch, context: &self.context };
        let bases = bases::load(choices, self.resources.bases, at)?;
        if let Some(lacking) = plan.lacking.take() {
            let surveys = self.resources.earlier.surveys();
            base_start::require(self.spec, lacking, &bases, &mut plan.edits, surveys, self.run)?;
        }
        limits::check_bases(&plan, &bases)?;
        let layers = self.layers(std::mem::take(&mut plan.layers), &bases, &targets, at)?;
        let images = images::make(self.spec, &plan.edits, &bases, &layers)?;
        let (checked, staged) = self.judge_and_stage(&images)?;
        let pushed = self.push(&images, &targets)?;

        let built = Built {
            profile,
            images,
            layers: layers.into_iter().map(|layer| layer.report).collect(),
            checked,
            published: Vec::new(),
            pushed,
            warnings: plan.warnings,
            unpinned: bases::unpinned(self.spec, &bases),
            left_out: plan.left_out,
            _staging: Arc::clone(&staging),
        };
        Ok(StagedBuild::new(built, staged, (!self.options.dry_run).then_some(self.destinations)))
    }

    /// Looks everything up that needs neither disk nor network, and refuses what does not go together.
    fn resolve(&self) -> Result<Resolved<'a>, BuildError> {
        let (spec, destinations) = (self.spec, self.destinations);
        values::check(spec)?;
        if spec.runtime.is_empty() {
            return Err(BuildError::NoRuntime);
        }
        let profile = runtime::profile(&spec.runtime)?;
        if spec.architectures.is_empty() {
            return Err(BuildError::NoArchitecture);
        }
        spec.architectures.iter().try_for_each(|arch| profile.require(*arch))?;
        publish::check(&destinations.outputs, spec.media_types)?;
        let choices = bases::choose(spec, &profile)?;
        let mut targets = push::targets(&destinations.push, &spec.architectures)?;
        if self.options.dry_run {
            targets.clear();
        }
        Ok(Resolved { profile, choices, targets })
    }

    /// Reads the function. Nothing that a build writes is part of it: outputs, what the caller writes, and the cache.
    fn gather(&self, profile: &RuntimeProfile) -> Result<Gathered, BuildError> {
        let outputs = self.destinations.outputs.iter().map(|output| output.path().to_owned());
        let others = self.options.written.iter().cloned();
        let written: Vec<PathBuf> =
            outputs.chain(others).chain([self.context.cache.root().to_owned()]).collect();
        Ok(gather(self.spec, profile, written, &self.resources, self.run)?)
    }

    /// Lays the function out.
    fn plan(&self, profile: &RuntimeProfile, gathered: Gathered) -> Result<Plan, BuildError> {
        let plan = plan(self.spec, profile, gathered)?;
        self.run.meter.time(Phase::Walk, || ((), plan.files()));
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
        match destinations.outputs.first() {
            Some(output) => Some(output.path().to_owned()),
            None => (!destinations.push.is_empty()).then_some(temporary),
        }
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
        let images = bases.iter().map(|base| &*base.image);
        let early = &EarlyPush::new(targets, images, &self.context, self.run.meter);
        let surveyed = self.options.check.is_some();
        let maker = &LayerMaker { at, earlier, root: &self.spec.path, surveyed, early };
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

    /// Pushes the images; in a dry run, none.
    fn push(
        &self,
        images: &[BuiltImage],
        targets: &[Vec<Reference>],
    ) -> Result<Vec<(Arch, Pushed)>, BuildError> {
        if self.options.dry_run {
            return Ok(Vec::new());
        }
        push::push(images, targets, self.run, &self.context)
    }
}
