//! `SharedInputs`: files that several functions of a fleet name are walked and laid out once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::build::cpu_slots::CpuSlots;
use crate::build::error::FunctionError;
use crate::build::inputs::{self, Inputs, Recipe};
use crate::build::lay_out::LaidOut;
use crate::build::single_flight::SingleFlight;
use crate::input::{Collected, Exclusions, InputError};
use crate::work::Run;

/// Files by what was asked for.
pub struct SharedInputs {
    cpu: Arc<CpuSlots>,
    collected: SingleFlight<(PathBuf, Option<Exclusions>), Collected>,
    laid_out: SingleFlight<Recipe, LaidOut>,
}

impl SharedInputs {
    /// Files are walked in the slots of `cpu`.
    pub fn new(cpu: Arc<CpuSlots>) -> Self {
        Self { cpu, collected: SingleFlight::default(), laid_out: SingleFlight::default() }
    }
}

impl Inputs for SharedInputs {
    fn collect(
        &self,
        path: &Path,
        exclusions: Option<&Exclusions>,
        run: Run<'_>,
    ) -> Result<Collected, InputError> {
        let walk = || self.cpu.one(run, |run| inputs::walk(path, exclusions, run));
        self.collected.get((path.to_owned(), exclusions.cloned()), walk)
    }

    fn lay_out(
        &self,
        recipe: Recipe,
        make: &mut dyn FnMut() -> Result<LaidOut, FunctionError>,
    ) -> Result<LaidOut, FunctionError> {
        self.laid_out.get(recipe, make)
    }
}
