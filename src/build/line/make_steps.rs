//! Makes the steps of a build: as a part of the line, or ahead of it.

use super::Line;
use crate::build::bases::Base;
use crate::build::error::{BuildError, FunctionError};
use crate::build::gather::Gathered;
use crate::build::plan::Plan;
use crate::build::push::Permit;
use crate::build::resolve::{Resolved, resolve};
use crate::build::resources::Resources;
use crate::build::steps::{StepLayer, StepMaker};
use crate::reference::Reference;
use crate::runtime::RuntimeProfile;
use crate::source::SourceEnv;

impl Line<'_> {
    /// Makes what steps make.
    pub(super) fn steps(
        &self,
        profile: &RuntimeProfile,
        bases: &[Base<'_>],
        targets: &[Vec<Reference>],
        at: &SourceEnv<'_>,
    ) -> Result<Vec<StepLayer>, BuildError> {
        self.step_maker(profile, bases, targets, at, |maker| maker.make())
    }

    /// Hands what makes its steps to `make`, without its bases: for steps that run ahead.
    ///
    /// # Errors
    /// Those of `make`, and what is refused before anything is read.
    pub fn with_steps<R>(
        &self,
        make: impl FnOnce(&StepMaker<'_>) -> Result<R, BuildError>,
    ) -> Result<R, BuildError> {
        let Self { spec, destinations, options, .. } = *self;
        let Resolved { profile, targets, .. } = resolve(spec, destinations, options.dry_run)?;
        let staging = self.resources.layers.staging(self.place_of_layers(false).as_deref())?;
        let at =
            &SourceEnv { staging: &staging, run: self.run, epoch: self.spec.epoch, context: &self.context };
        self.step_maker(&profile, &[], &targets, at, make)
    }

    /// Plans with what steps made. What was taken from other machines and does not go with the other files is not used.
    pub(super) fn plan_with(
        &self,
        profile: &RuntimeProfile,
        gathered: Gathered,
        steps: &[StepLayer],
    ) -> Result<Plan, BuildError> {
        self.plan(profile, gathered, steps).inspect_err(|error| {
            if let (Some(cache), BuildError::Function(FunctionError::Clash(clash))) =
                (self.resources.earlier.shared(), error)
            {
                steps.iter().for_each(|step| step.distrust_for(clash, cache));
            }
        })
    }

    fn step_maker<R>(
        &self,
        profile: &RuntimeProfile,
        bases: &[Base<'_>],
        targets: &[Vec<Reference>],
        at: &SourceEnv<'_>,
        make: impl FnOnce(&StepMaker<'_>) -> Result<R, BuildError>,
    ) -> Result<R, BuildError> {
        let Self { spec, destinations, options, .. } = *self;
        let Resources { earlier, steps: runs, cpu, .. } = self.resources;
        let (early, written) = (&self.early_push(bases, targets), &self.written());
        let permit = &Permit::new(targets, &self.context);
        let maker = StepMaker {
            spec,
            destinations,
            options,
            profile,
            at,
            earlier,
            runs,
            cpu,
            early,
            written,
            permit,
        };
        make(&maker)
    }
}
