//! Builds the functions of a fleet, several at a time.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

use super::member::Member;
use super::steps_ahead;
use crate::build::built::Built;
use crate::build::error::BuildError;
use crate::build::stage::{self, StagedBuild};
use crate::work::{Run, in_order};

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
