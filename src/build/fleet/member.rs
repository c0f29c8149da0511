//! `Member`: one function of a fleet.

use super::cache::FleetCache;
use crate::build::error::BuildError;
use crate::build::line::Line;
use crate::build::options::{BuildOptions, Destinations};
use crate::build::spec::BuildSpec;
use crate::build::stage::StagedBuild;
use crate::build::steps::StepMaker;
use crate::context::Context;
use crate::key::Key;
use crate::progress::Meter;
use crate::registry_cache::RegistryCache;
use crate::work::{Run, lock};

/// One function of a fleet.
pub struct Member<'a> {
    /// What to build.
    pub spec: BuildSpec,
    /// Where its images go.
    pub destinations: Destinations,
    /// How it is built.
    pub options: BuildOptions,
    /// What it uses of the network.
    pub context: Context,
    /// What it shares with others of the same context.
    pub shared: &'a FleetCache,
    /// Counts what is done for it; what it shares, for the first that wants it.
    pub meter: Meter,
}

impl Member<'_> {
    /// One function along the line.
    pub(super) fn make(&self, run: Run<'_>) -> Result<StagedBuild, BuildError> {
        self.line(run).make()
    }

    fn line<'b>(&'b self, run: Run<'b>) -> Line<'b> {
        let Self { spec, destinations, options, context, shared, meter } = self;
        let (resources, context) = (shared.resources(), shared.in_context(context));
        let run = Run { meter, ..run };
        Line { spec, destinations, options, resources, run, context }
    }

    /// What makes its steps.
    pub(super) fn with_steps<R>(
        &self,
        run: Run<'_>,
        make: impl FnOnce(&StepMaker<'_>) -> Result<R, BuildError>,
    ) -> Result<R, BuildError> {
        self.line(run).with_steps(make)
    }

    /// Where machines that build at once tell each other of its steps; none, where they do not.
    pub(super) fn steps_are_shared(&self) -> Option<&RegistryCache> {
        let has_steps = !self.spec.steps.is_empty() && !self.options.dry_run && !self.options.audit_steps;
        let cache = self.shared.resources().earlier.shared();
        cache.filter(|cache| has_steps && cache.cooperates())
    }

    /// Whether a step of it ran ahead and failed.
    pub(super) fn has_failed(&self, key: Key) -> bool {
        lock(&self.shared.resources().steps.ahead).get(&key).is_some_and(Option::is_some)
    }
}
