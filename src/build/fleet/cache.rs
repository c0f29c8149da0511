//! `FleetCache`: the inputs, bases, layers and CPU slots that the functions of a fleet share.

use std::path::PathBuf;
use std::sync::Arc;

use super::bases::SharedBases;
use super::inputs::SharedInputs;
use super::layers::SharedLayers;
use crate::build::cpu_slots::CpuSlots;
use crate::build::earlier_builds::EarlierBuilds;
use crate::build::resources::Resources;
use crate::build::steps::StepRuns;
use crate::context::Context;

/// What functions of a fleet share that have one [`Context`], and were started together.
pub struct FleetCache {
    inputs: SharedInputs,
    bases: SharedBases,
    layers: SharedLayers,
    steps: StepRuns,
    earlier: EarlierBuilds,
    cpu: Arc<CpuSlots>,
}

impl FleetCache {
    /// For functions that have `context`, `started_at` and `no_cache` of their [`BuildOptions`](crate::build::BuildOptions)
    /// in common. What is learned about their files is remembered for `root`. They compute in the slots of `cpu`, which
    /// several such caches may share.
    pub fn new(
        root: PathBuf,
        started_at: i64,
        no_cache: bool,
        context: &Context,
        cpu: Arc<CpuSlots>,
    ) -> Self {
        Self {
            inputs: SharedInputs::new(Arc::clone(&cpu)),
            bases: SharedBases::default(),
            layers: SharedLayers::new(Arc::clone(&cpu)),
            steps: StepRuns::new(cpu.same()),
            earlier: EarlierBuilds::of(root, started_at, no_cache, context),
            cpu,
        }
    }

    /// Keeps what was learned about files, for later builds.
    pub fn keep(&self) {
        self.earlier.keep();
    }

    /// The same context with what is known of files.
    pub(super) fn in_context(&self, context: &Context) -> Context {
        self.earlier.in_context(context)
    }

    /// The same as the line takes it.
    pub(super) fn resources(&self) -> Resources<'_> {
        let Self { inputs, bases, layers, steps, earlier, cpu } = self;
        Resources { inputs, bases, layers, steps, cpu, earlier }
    }
}
