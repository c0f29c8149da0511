//! What the functions of a fleet share; one function has it for itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::limiter::CpuSlots;
use super::single_flight::Once;
use crate::build::LayerReport;
use crate::build::bases::Choice;
use crate::build::error::BuildError;
use crate::build::layers::Memory;
use crate::build::options::{BuildOptions, Destinations};
use crate::build::plan::Prepared;
use crate::build::spec::BuildSpec;
use crate::context::Context;
use crate::examine::surveys::Surveys;
use crate::image::{Image, Layer};
use crate::input::{self, Collected, Exclusions};
use crate::progress::Phase;
use crate::source::Workplace;
use crate::store::{Staging, parent};
use crate::tree::FileTree;
use crate::work::Run;

/// Facts, surveys, directories, and what was made once for all.
pub struct Shared {
    pub(crate) memory: Memory,
    pub(crate) surveys: Surveys,
    /// Who may compute, where there are several.
    gate: Option<Arc<CpuSlots>>,
    stagings: Once<Option<PathBuf>, Arc<Staging>>,
    /// By path, and what stays out; without that as the one file that a zip is.
    inputs: Once<(PathBuf, Option<Exclusions>), Collected>,
    pub(crate) prepared: Once<String, Prepared>,
    /// By the identity of the tree, which is held so that it stays one.
    pub(crate) layers: Once<usize, (FileTree, LayerReport, Layer)>,
    bases: Once<String, Result<Arc<Image>, Arc<BuildError>>>,
}

impl Shared {
    /// For one function.
    pub(crate) fn alone(spec: &BuildSpec, options: &BuildOptions, context: &Context) -> Self {
        Self::new(spec.path.clone(), options.started_at, options.no_cache, context, None)
    }

    /// For functions with this `context`, `started_at` and `no_cache` in common. What is learned about their files
    /// is remembered for `root`; they wait at `gate`.
    pub fn of_fleet(
        root: PathBuf,
        started_at: i64,
        no_cache: bool,
        context: &Context,
        gate: Arc<CpuSlots>,
    ) -> Self {
        Self::new(root, started_at, no_cache, context, Some(gate))
    }

    fn new(
        root: PathBuf,
        started_at: i64,
        no_cache: bool,
        context: &Context,
        gate: Option<Arc<CpuSlots>>,
    ) -> Self {
        Self {
            memory: Memory::of(root, started_at, no_cache, context),
            surveys: Surveys::new((!no_cache).then(|| context.cache.clone())),
            gate,
            stagings: Once::default(),
            inputs: Once::default(),
            prepared: Once::default(),
            layers: Once::default(),
            bases: Once::default(),
        }
    }

    /// Whether there are several functions.
    pub(crate) fn is_fleet(&self) -> bool {
        self.gate.is_some()
    }

    /// Keeps what was found out.
    pub fn keep(&self) {
        self.memory.keep();
    }

    /// Runs `work` with one thread where others compute, too.
    pub(crate) fn compute<'a, R>(&self, run: Run<'a>, work: impl FnOnce(Run<'a>) -> R) -> R {
        match &self.gate {
            Some(gate) => gate.one(run, work),
            None => work(run),
        }
    }

    /// Runs `work` with all threads while nobody else computes.
    pub(crate) fn compute_alone<'a, R>(&self, run: Run<'a>, work: impl FnOnce(Run<'a>) -> R) -> R {
        match &self.gate {
            Some(gate) => gate.all(run, work),
            None => work(run),
        }
    }

    /// Where the new layers of a function are put: beside its first output.
    pub(crate) fn staging(
        &self,
        destinations: &Destinations,
        options: &BuildOptions,
    ) -> Result<Arc<Staging>, BuildError> {
        // New layers are surveyed while they are packed, those of bases only from their bytes.
        let reads_bases = options.check.as_ref().is_some_and(|checking| checking.deep);
        let beside = match destinations.outputs.first() {
            _ if options.dry_run && (options.keep_layers || reads_bases) => {
                Some(options.temp_dir.join("blobs"))
            }
            _ if options.dry_run => None,
            Some(output) => Some(output.path().to_owned()),
            None => (!destinations.push.is_empty()).then(|| options.temp_dir.join("blobs")),
        };
        self.stagings.get(beside.as_deref().map(|path| parent(path).to_owned()), || {
            Ok(Arc::new(match &beside {
                Some(path) => Staging::beside(path)?,
                None => Staging::nowhere(),
            }))
        })
    }

    /// The files at `path`, walked once.
    pub(crate) fn collect(
        &self,
        path: &Path,
        exclusions: &Exclusions,
        run: Run<'_>,
    ) -> Result<Collected, BuildError> {
        let key = (path.to_owned(), Some(exclusions.clone()));
        let collect = |run: Run<'_>| {
            run.meter.time(Phase::Walk, || Ok((input::collect(path, exclusions, run.jobs)?, 0)))
        };
        self.inputs.get(key, || self.compute(run, collect))
    }

    /// The same, a zip as the file that it is, and nothing left out.
    pub(crate) fn collect_plain(&self, path: &Path, run: Run<'_>) -> Result<Collected, BuildError> {
        let collect =
            |run: Run<'_>| run.meter.time(Phase::Walk, || Ok((input::collect_plain(path, run.jobs)?, 0)));
        self.inputs.get((path.to_owned(), None), || self.compute(run, collect))
    }

    /// A base, asked for once: a registry that one function could not reach is not tried by each of them.
    pub(crate) fn base(&self, choice: &Choice<'_>, at: &Workplace<'_>) -> Result<Arc<Image>, BuildError> {
        if !self.is_fleet() {
            return choice.load(at).map(Arc::new);
        }
        let key = format!("{} {}", choice.key(), at.epoch.seconds());
        let load = || Ok::<_, BuildError>(choice.load(at).map(Arc::new).map_err(Arc::new));
        self.bases.get(key, load)?.map_err(BuildError::Shared)
    }
}
