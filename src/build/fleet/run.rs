//! Builds the functions of a fleet, several at a time.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache::FleetCache;
use super::steps_ahead;
use crate::build::built::Built;
use crate::build::error::BuildError;
use crate::build::line::Line;
use crate::build::options::{BuildOptions, Destinations};
use crate::build::spec::BuildSpec;
use crate::build::stage::{self, StagedBuild};
use crate::build::steps::StepMaker;
use crate::context::Context;
use crate::key::Key;
use crate::progress::Meter;
use crate::registry_cache::RegistryCache;
use crate::work::{Run, in_order, lock};

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

/// Builds end in batches: when one more than an eighth of all that have ended are ready. So an index that many write to is
/// written a few times, not once for each function with all that was there before; the first functions end one by one.
const BATCHES: usize = 8;

/// What became of a function: nothing, where it was not begun.
type Outcome<T> = Option<Result<T, BuildError>>;

/// Builds every function. Several are under way at a time, but they end in their order: outputs get their names, and
/// `ended` is called, in that order, so that a layout lists many functions the same each time. A function that fails
/// leaves the others alone. With `fail_fast`, no function begins after that; none begins after the user has interrupted,
/// either. `ended` gets `None` for those. `begun` is called for each function that begins.
pub fn fleet(
    members: &[Member<'_>],
    run: Run<'_>,
    fail_fast: bool,
    begun: impl Fn(usize) + Sync,
    mut ended: impl FnMut(usize, Option<Result<Built, BuildError>>),
) {
    steps_ahead::make(members, run, fail_fast);
    let stopped = AtomicBool::new(false);
    // Some wait for the network, or for each other; those that compute are limited by CPU slots. One job means one
    // function after the other.
    let threads = match run.jobs.get() {
        1 => 1,
        jobs => jobs.saturating_mul(2),
    };
    let make = |at: usize, member: &Member<'_>| {
        if stopped.load(Ordering::Relaxed) || run.check().is_err() {
            return None;
        }
        begun(at);
        let made = member.make(run);
        if made.is_err() && fail_fast {
            stopped.store(true, Ordering::Relaxed);
        }
        Some(made)
    };
    let (mut batch, mut first) = (Vec::new(), 0);
    in_order(threads, members, make, |made| {
        batch.push(made);
        if batch.len() > first / BATCHES {
            first += end(&members[first..], mem::take(&mut batch), run, |at, built| ended(first + at, built));
        }
    });
    end(&members[first..], batch, run, |at, built| ended(first + at, built));
}

impl Member<'_> {
    /// One function along the line.
    fn make(&self, run: Run<'_>) -> Result<StagedBuild, BuildError> {
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

/// Gives the outputs of functions, the first of `members`, their names, and calls `ended` for each; returns how many they
/// are.
fn end(
    members: &[Member<'_>],
    batch: Vec<Outcome<StagedBuild>>,
    run: Run<'_>,
    mut ended: impl FnMut(usize, Outcome<Built>),
) -> usize {
    let Some(first) = members.first() else { return 0 };
    let count = batch.len();
    let mut staged = Vec::new();
    // Of a function that waits in its outputs, it is not known yet.
    let mut outcomes: Vec<Option<Outcome<Built>>> = Vec::new();
    for made in batch {
        outcomes.push(match made {
            Some(Ok(build)) => {
                staged.push(build);
                None
            }
            Some(Err(error)) => Some(Some(Err(error))),
            None => Some(None),
        });
    }
    let run = Run { meter: &first.meter, ..run };
    let mut built = stage::commit(staged, run, &first.context).into_iter();
    for (at, outcome) in outcomes.into_iter().enumerate() {
        ended(at, outcome.unwrap_or_else(|| built.next()));
    }
    count
}
