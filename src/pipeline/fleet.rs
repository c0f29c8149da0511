//! Many functions in one process: several at a time, what they have in common once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::error::BuildError;
use super::shared::Shared;
use super::spec::BuildSpec;
use super::{Built, Ready, make};
use crate::context::Context;
use crate::pack::Effort;
use crate::progress::Meter;
use crate::work;

/// One function of a fleet.
pub struct Member<'a> {
    /// What to build.
    pub spec: BuildSpec,
    /// What it uses of the network.
    pub context: Context,
    /// What it shares with others of the same context.
    pub shared: &'a Shared,
    /// Counts what is done for it; what it shares, for the first that wants it.
    pub meter: Meter,
}

/// Builds every function. Whatever comes first, `done` hears of them in their order, and outputs take their
/// names in that order: so one layout lists many functions the same each time. One that fails leaves the
/// others alone, unless it is to be the last (`fail_fast`): those not begun by then, or when the user
/// interrupts, never are, and `done` hears that nothing became of them. `begun` hears of each when its turn
/// comes.
pub fn fleet(
    members: &[Member<'_>],
    effort: Effort<'_>,
    fail_fast: bool,
    begun: impl Fn(usize) + Sync,
    mut done: impl FnMut(usize, Option<Result<Built, BuildError>>),
) {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    // Some wait for the network, or for each other; those that compute are counted at the gate. Who wants one
    // thread wants one function after the other.
    let threads = match effort.jobs.get() {
        1 => 1,
        jobs => members.len().min(jobs.saturating_mul(2)),
    };
    let one = |at: usize, member: &Member<'_>| {
        if stopped.load(Ordering::Relaxed) || effort.check().is_err() {
            return None;
        }
        begun(at);
        let effort = Effort { meter: &member.meter, ..effort };
        let made = make(&member.spec, effort, &member.context, member.shared);
        if made.is_err() && fail_fast {
            stopped.store(true, Ordering::Relaxed);
        }
        Some(made)
    };
    let one = &one;
    let next = &next;
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        let one_by_one = |sender: Sender<_>| {
            move || {
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(member) = members.get(at)
                {
                    // Whoever listens listens to the end.
                    let _ = sender.send((at, one(at, member)));
                }
            }
        };
        let workers: Vec<_> =
            (0..threads).map_while(|_| work::start(scope, one_by_one(sender.clone())).ok()).collect();
        if workers.is_empty() {
            one_by_one(sender)();
        } else {
            drop(sender);
        }
        let (mut waiting, mut turn) = (BTreeMap::new(), 0);
        for (at, made) in receiver {
            waiting.insert(at, made);
            while let Some(made) = waiting.remove(&turn) {
                let member = &members[turn];
                let effort = Effort { meter: &member.meter, ..effort };
                let commit = |made: Result<Ready, BuildError>| made?.commit(effort, &member.context);
                done(turn, made.map(commit));
                turn += 1;
            }
        }
        workers.into_iter().for_each(work::Running::join);
    });
}
