//! Functions along the line, several at a time.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cache::FleetCache;
use crate::build::built::Built;
use crate::build::error::BuildError;
use crate::build::line::{self, Order};
use crate::build::options::{BuildOptions, Destinations};
use crate::build::spec::BuildSpec;
use crate::build::stage::{self, StagedBuild};
use crate::context::Context;
use crate::progress::Meter;
use crate::work::{Run, in_order};

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

/// Of those that ended, this part ends together at a time: what many write to one layout is written some times, and not
/// each time anew with all that was there before. The first ones end one by one.
const SHARE: usize = 8;

/// Builds every function. Whatever comes first, `done` hears of them in their order, and outputs take their
/// names in that order: so one layout lists many functions the same each time. One that fails leaves the
/// others alone, unless it is to be the last (`fail_fast`): those not begun by then, or when the user
/// interrupts, never are, and `done` hears that nothing became of them. `begun` hears of each when its turn
/// comes.
pub fn fleet(
    members: &[Member<'_>],
    run: Run<'_>,
    fail_fast: bool,
    begun: impl Fn(usize) + Sync,
    mut done: impl FnMut(usize, Option<Result<Built, BuildError>>),
) {
    let stopped = AtomicBool::new(false);
    // Some wait for the network, or for each other; those that compute are counted by the limiter. One job means one
    // function after the other.
    let threads = match run.jobs.get() {
        1 => 1,
        jobs => jobs.saturating_mul(2),
    };
    let one = |at: usize, member: &Member<'_>| {
        if stopped.load(Ordering::Relaxed) || run.check().is_err() {
            return None;
        }
        begun(at);
        let run = Run { meter: &member.meter, ..run };
        let Member { spec, destinations, options, context, shared, .. } = member;
        let order = Order { spec, destinations, options };
        let made = line::make(order, run, context, &shared.resources());
        if made.is_err() && fail_fast {
            stopped.store(true, Ordering::Relaxed);
        }
        Some(made)
    };
    let (mut batch, mut turn) = (Vec::new(), 0);
    in_order(threads, members, one, |made| {
        batch.push(made);
        if batch.len() > turn / SHARE {
            turn = end(members, turn, mem::take(&mut batch), run, &mut done);
        }
    });
    end(members, turn, batch, run, &mut done);
}

/// Gives the outputs of functions their names, from that of `turn` on, and tells what became of each; returns the turn
/// that comes next.
fn end(
    members: &[Member<'_>],
    turn: usize,
    batch: Vec<Option<Result<StagedBuild, BuildError>>>,
    run: Run<'_>,
    done: &mut impl FnMut(usize, Option<Result<Built, BuildError>>),
) -> usize {
    let Some(first) = members.get(turn) else { return turn };
    let next = turn + batch.len();
    let (mut ready, mut ends) = (Vec::new(), Vec::new());
    for made in batch {
        ends.push(match made {
            Some(Ok(made)) => {
                ready.push(made);
                None
            }
            Some(Err(error)) => Some(Some(Err(error))),
            None => Some(None),
        });
    }
    let run = Run { meter: &first.meter, ..run };
    let mut built = stage::commit(ready, run, &first.context).into_iter();
    for (at, end) in (turn..next).zip(ends) {
        done(at, end.unwrap_or_else(|| built.next()));
    }
    next
}
