//! Makes the steps of a fleet ahead of its functions, each once, where machines share them.
//!
//! Functions are built in one order on all machines: machines that build the same fleet at once would run the same steps
//! at the same time. So each machine first makes the steps in an order of its own. It asks for a step right before it
//! would run it, and leaves a step for later that another machine has begun. At the end it waits for those, for as long
//! as its own steps took.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::member::Member;
use crate::build::steps::{Ahead, StepMaker};
use crate::key::Key;
use crate::progress::Deadline;
use crate::registry_cache::RegistryCache;
use crate::work::{Run, lock, parallel};

/// The steps of another machine are waited for this many times as long as the longest step of this machine took: others
/// may be slower.
const PATIENCE: u32 = 2;

/// A step, for the first function that has it.
struct Step<'m> {
    member: &'m Member<'m>,
    cache: &'m RegistryCache,
    key: Key,
}

/// Makes the steps that machines share, and that this one has to make; where one fails and `fail_fast` says so, no other
/// is begun.
pub fn make(members: &[Member<'_>], run: Run<'_>, fail_fast: bool) {
    let steps = distinct(members, run);
    let (longest, failed) = (Mutex::new(Duration::ZERO), AtomicBool::new(false));
    let make = |step: &Step<'_>, end: Option<Deadline>| {
        if failed.load(Ordering::Relaxed) || run.check().is_err() {
            return true;
        }
        let made = step.member.with_steps(run, |maker| maker.make_ahead(step.key, step.cache, end));
        if fail_fast && step.member.has_failed(step.key) {
            failed.store(true, Ordering::Relaxed);
        }
        if let Ok(Ahead::Ran(time)) = &made {
            let mut longest = lock(&longest);
            *longest = (*longest).max(*time);
        }
        !matches!(made, Ok(Ahead::Claimed))
    };
    let made = parallel(run.jobs, &steps, |step| make(step, None));
    let left: Vec<_> = steps.iter().zip(made).filter(|(_, made)| !made).map(|(step, _)| step).collect();
    // However many are waited for, and on however many threads.
    let end = Deadline::after(*lock(&longest) * PATIENCE);
    parallel(run.jobs, &left, |step| make(step, Some(end)));
}

/// The steps that this machine does not remember, in its own order.
fn distinct<'m>(members: &'m [Member<'m>], run: Run<'_>) -> Vec<Step<'m>> {
    let sharing: Vec<_> =
        members.iter().filter_map(|member| Some((member, member.steps_are_shared()?))).collect();
    let keys = parallel(run.jobs, &sharing, |(member, _)| {
        // What is wrong with a function, its build tells.
        member.with_steps(run, |maker: &StepMaker<'_>| maker.to_make()).unwrap_or_default()
    });
    let mut seen = BTreeSet::new();
    let mut steps = Vec::new();
    for ((member, cache), keys) in sharing.into_iter().zip(keys) {
        for key in keys {
            if seen.insert((std::ptr::from_ref(member.shared).addr(), key)) {
                steps.push(Step { member, cache, key });
            }
        }
    }
    steps.sort_by_key(|step| step.cache.turn(step.key));
    steps
}
