//! What the functions of a fleet share; one function has it for itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bases::Choice;
use super::error::BuildError;
use super::gate::Gate;
use super::layers::Memory;
use super::once::Once;
use super::spec::BuildSpec;
use super::surveys::Surveys;
use super::{LayerReport, plan::Prepared};
use crate::base::Workplace;
use crate::context::Context;
use crate::image::{Image, Layer};
use crate::input::{self, Collected, Exclusions};
use crate::pack::Effort;
use crate::progress::Phase;
use crate::store::{Staging, parent};
use crate::tree::FileTree;

/// Facts, surveys, directories, and what was made once for all.
pub struct Shared {
    pub(super) memory: Memory,
    pub(super) surveys: Surveys,
    /// Where the cache is.
    cache: PathBuf,
    /// Who may compute, where there are several.
    gate: Option<Arc<Gate>>,
    stagings: Once<Option<PathBuf>, Arc<Staging>>,
    /// By path, and what stays out; without that as the one file that a zip is.
    inputs: Once<(PathBuf, Option<Exclusions>), Collected>,
    pub(super) prepared: Once<String, Prepared>,
    /// By the identity of the tree, which is held so that it stays one.
    pub(super) layers: Once<usize, (FileTree, LayerReport, Layer)>,
    bases: Once<String, Result<Arc<Image>, Arc<BuildError>>>,
}

impl Shared {
    /// For one function.
    pub(super) fn alone(spec: &BuildSpec, context: &Context) -> Self {
        Self::new(spec.path.clone(), spec.began, spec.forget, context, None)
    }

    /// For functions that all `forget`, or all do not, and have this `context` in common. What is found out of
    /// their files is kept for `root`; they wait at `gate`.
    pub fn of_fleet(root: PathBuf, began: i64, forget: bool, context: &Context, gate: Arc<Gate>) -> Self {
        Self::new(root, began, forget, context, Some(gate))
    }

    fn new(root: PathBuf, began: i64, forget: bool, context: &Context, gate: Option<Arc<Gate>>) -> Self {
        Self {
            memory: Memory::of(root, began, forget, context),
            surveys: Surveys::new((!forget).then(|| context.cache.clone())),
            cache: context.cache.root().to_owned(),
            gate,
            stagings: Once::default(),
            inputs: Once::default(),
            prepared: Once::default(),
            layers: Once::default(),
            bases: Once::default(),
        }
    }

    /// Whether there are several functions.
    pub(super) fn is_fleet(&self) -> bool {
        self.gate.is_some()
    }

    /// Keeps what was found out.
    pub fn keep(&self) {
        self.memory.keep();
    }

    /// What a build writes: its outputs, what its caller writes, and the cache.
    pub(super) fn written(&self, spec: &BuildSpec) -> Vec<PathBuf> {
        let outputs = spec.outputs.iter().map(|output| output.path().to_owned());
        outputs.chain(spec.written.iter().cloned()).chain([self.cache.clone()]).collect()
    }

    /// Runs `work` with one thread where others compute, too.
    pub(super) fn compute<'a, R>(&self, effort: Effort<'a>, work: impl FnOnce(Effort<'a>) -> R) -> R {
        match &self.gate {
            Some(gate) => gate.one(effort, work),
            None => work(effort),
        }
    }

    /// Runs `work` with all threads while nobody else computes.
    pub(super) fn compute_alone<'a, R>(&self, effort: Effort<'a>, work: impl FnOnce(Effort<'a>) -> R) -> R {
        match &self.gate {
            Some(gate) => gate.all(effort, work),
            None => work(effort),
        }
    }

    /// Where the new layers of a function are put: beside its first output.
    pub(super) fn staging(&self, spec: &BuildSpec) -> Result<Arc<Staging>, BuildError> {
        // New layers are surveyed while they are packed, those of bases only from their bytes.
        let reads_bases = spec.check.as_ref().is_some_and(|checking| checking.deep);
        let beside = match spec.outputs.first() {
            _ if spec.dry_run && (spec.keep || reads_bases) => Some(spec.scratch.join("blobs")),
            _ if spec.dry_run => None,
            Some(output) => Some(output.path().to_owned()),
            None => (!spec.push.is_empty()).then(|| spec.scratch.join("blobs")),
        };
        self.stagings.get(beside.as_deref().map(|path| parent(path).to_owned()), || {
            Ok(Arc::new(match &beside {
                Some(path) => Staging::beside(path)?,
                None => Staging::nowhere(),
            }))
        })
    }

    /// The files at `path`, walked once.
    pub(super) fn collect(
        &self,
        path: &Path,
        exclusions: &Exclusions,
        effort: Effort<'_>,
    ) -> Result<Collected, BuildError> {
        let key = (path.to_owned(), Some(exclusions.clone()));
        let collect = |effort: Effort<'_>| {
            effort.meter.time(Phase::Walk, || Ok((input::collect(path, exclusions, effort.jobs)?, 0)))
        };
        self.inputs.get(key, || self.compute(effort, collect))
    }

    /// The same, a zip as the file that it is, and nothing left out.
    pub(super) fn collect_plain(&self, path: &Path, effort: Effort<'_>) -> Result<Collected, BuildError> {
        let collect = |effort: Effort<'_>| {
            effort.meter.time(Phase::Walk, || Ok((input::collect_plain(path, effort.jobs)?, 0)))
        };
        self.inputs.get((path.to_owned(), None), || self.compute(effort, collect))
    }

    /// A base, asked for once: a registry that one function could not reach is not tried by each of them.
    pub(super) fn base(&self, choice: &Choice<'_>, at: &Workplace<'_>) -> Result<Arc<Image>, BuildError> {
        if !self.is_fleet() {
            return choice.load(at).map(Arc::new);
        }
        let key = format!("{} {}", choice.key(), at.epoch.seconds());
        let load = || Ok::<_, BuildError>(choice.load(at).map(Arc::new).map_err(Arc::new));
        self.bases.get(key, load)?.map_err(BuildError::Shared)
    }
}
