//! Who may compute: of a fleet, as many threads as the user wants.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::work::{Run, lock};

thread_local! {
    /// Whether this thread is inside.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Lets functions compute beside each other with one thread each, or one of them with all. A thread that waits,
/// for the network or for another function, must not be inside: it would keep others out that could work, and two
/// that wait for each other would wait for ever.
pub struct CpuSlots {
    jobs: usize,
    state: Mutex<State>,
    moved: Condvar,
}

struct State {
    free: usize,
    /// Whether somebody wants all, and lets nobody in before.
    claimed: bool,
}

impl CpuSlots {
    /// For `jobs` threads in all.
    pub fn new(jobs: NonZeroUsize) -> Self {
        let jobs = jobs.get();
        Self { jobs, state: Mutex::new(State { free: jobs, claimed: false }), moved: Condvar::new() }
    }

    /// Runs `work` with one thread.
    pub fn one<'a, R>(&self, run: Run<'a>, work: impl FnOnce(Run<'a>) -> R) -> R {
        let mut state = self.wait(|state| state.free > 0 && !state.claimed);
        state.free -= 1;
        drop(state);
        let _inside = Inside::new(self, 1);
        work(Run { jobs: NonZeroUsize::MIN, ..run })
    }

    /// Runs `work` with all threads.
    pub fn all<'a, R>(&self, run: Run<'a>, work: impl FnOnce(Run<'a>) -> R) -> R {
        self.wait(|state| !state.claimed).claimed = true;
        let mut state = self.wait(|state| state.free == self.jobs);
        (state.free, state.claimed) = (0, false);
        drop(state);
        let _inside = Inside::new(self, self.jobs);
        work(run)
    }

    fn wait(&self, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = lock(&self.state);
        self.moved.wait_while(state, |state| !until(state)).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this thread computes at a gate, and must wait for nothing.
pub fn is_inside() -> bool {
    INSIDE.get()
}

/// Somebody inside; leaves when dropped, also by a panic.
struct Inside<'a>(&'a CpuSlots, usize);

impl<'a> Inside<'a> {
    fn new(gate: &'a CpuSlots, threads: usize) -> Self {
        INSIDE.set(true);
        Self(gate, threads)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        INSIDE.set(false);
        lock(&self.0.state).free += self.1;
        self.0.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::build::fleet::single_flight::Once;

    static NEVER: AtomicBool = AtomicBool::new(false);

    #[test]
    fn who_waits_for_another_is_outside_of_the_gate() {
        let gate = CpuSlots::new(NonZeroUsize::MIN);
        let run = Run::new(NonZeroUsize::MIN, &NEVER);
        let once = Once::<u8, u8>::default();
        let made = |key| once.get(key, || Ok::<_, ()>(gate.one(run, |_| key)));
        assert_eq!((made(1), made(1), is_inside()), (Ok(1), Ok(1), false));
        let waits = || gate.one(run, |_| once.get(1, || Ok::<_, ()>(1)));
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(waits));
        assert!(refused.is_err() && !is_inside());
    }
}
