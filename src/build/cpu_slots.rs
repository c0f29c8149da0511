//! `CpuSlots`: limits how many functions compute at the same time.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::work::{Run, lock};

thread_local! {
    /// Whether this thread holds slots.
    static HOLDS_SLOTS: Cell<bool> = const { Cell::new(false) };
}

/// Slots for threads that compute: functions of a fleet compute at the same time with one thread each, or one of them
/// with all. A thread that waits, for the network or for another function, must not hold a slot: others could use it,
/// and two that wait for each other would wait for ever.
pub struct CpuSlots(Option<Limited>);

struct Limited {
    jobs: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: usize,
    /// Whether a thread waits for all slots: until it has them, no other gets one.
    claimed: bool,
}

impl CpuSlots {
    /// One for each of `jobs` threads.
    pub fn new(jobs: NonZeroUsize) -> Self {
        let (jobs, changed) = (jobs.get(), Condvar::new());
        Self(Some(Limited { jobs, state: Mutex::new(State { free: jobs, claimed: false }), changed }))
    }

    /// No limit: nothing else computes, and work has all threads that its [`Run`] names.
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// Runs `work` with one thread, where there is a limit.
    pub fn one<'a, R>(&self, run: Run<'a>, work: impl FnOnce(Run<'a>) -> R) -> R {
        let Some(slots) = &self.0 else { return work(run) };
        let mut state = slots.wait(|state| state.free > 0 && !state.claimed);
        state.free -= 1;
        drop(state);
        let _held = Held::new(slots, 1);
        work(Run { jobs: NonZeroUsize::MIN, ..run })
    }

    /// Runs `work` with all threads.
    pub fn all<'a, R>(&self, run: Run<'a>, work: impl FnOnce(Run<'a>) -> R) -> R {
        let Some(slots) = &self.0 else { return work(run) };
        slots.wait(|state| !state.claimed).claimed = true;
        let mut state = slots.wait(|state| state.free == slots.jobs);
        (state.free, state.claimed) = (0, false);
        drop(state);
        let _held = Held::new(slots, slots.jobs);
        work(run)
    }
}

impl Limited {
    fn wait(&self, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = lock(&self.state);
        self.changed.wait_while(state, |state| !until(state)).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this thread holds slots, and must not wait for another function.
pub fn holds_slots() -> bool {
    HOLDS_SLOTS.get()
}

/// Slots that this thread holds until it drops them, also by a panic.
struct Held<'a>(&'a Limited, usize);

impl<'a> Held<'a> {
    fn new(slots: &'a Limited, threads: usize) -> Self {
        HOLDS_SLOTS.set(true);
        Self(slots, threads)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        HOLDS_SLOTS.set(false);
        lock(&self.0.state).free += self.1;
        self.0.changed.notify_all();
    }
}
