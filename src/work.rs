//! Work on other threads, of which there may be none: under a limit of processes, the caller does it itself.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread::{self, Builder, JoinHandle, Scope, ScopedJoinHandle};

use crate::progress::Meter;

/// The user interrupted the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// How a piece of work runs; nothing here changes a byte of what it makes.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// How many threads may work at once.
    pub jobs: NonZeroUsize,
    /// Set by the user to stop the work soon.
    pub interrupted: &'a AtomicBool,
    /// Counts bytes and seconds.
    pub meter: &'a Meter,
}

/// Counts for callers that do not ask where the time went.
static UNREAD: LazyLock<Meter> = LazyLock::new(Meter::default);

impl<'a> Run<'a> {
    /// `jobs` threads, without a meter of the caller's.
    pub fn new(jobs: NonZeroUsize, interrupted: &'a AtomicBool) -> Self {
        Self { jobs, interrupted, meter: &UNREAD }
    }

    /// Stops where the user interrupted.
    ///
    /// # Errors
    /// [`Interrupted`].
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.interrupted.load(Ordering::Relaxed) { Err(Interrupted) } else { Ok(()) }
    }
}

/// Work that was begun on a thread of its own.
pub struct Running<'scope, T>(ScopedJoinHandle<'scope, Option<T>>);

impl<T> Running<'_, T> {
    /// Waits for its end; a panic goes on here.
    pub fn join(self) -> T {
        match self.0.join() {
            Ok(Some(made)) => made,
            // Only who has no thread gets the work back.
            Ok(None) => resume_unwind(Box::new("the work was taken away")),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// A piece of work that whoever comes first takes.
fn shared<F>(work: F) -> (Arc<Mutex<Option<F>>>, impl FnOnce() -> Option<F>) {
    let slot = Arc::new(Mutex::new(Some(work)));
    let other = Arc::clone(&slot);
    (slot, move || take(&other))
}

fn take<F>(slot: &Mutex<Option<F>>) -> Option<F> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Begins `work` on a thread of the scope.
///
/// # Errors
/// The work itself, where no thread is to be had.
pub fn start<'scope, T, F>(scope: &'scope Scope<'scope, '_>, work: F) -> Result<Running<'scope, T>, F>
where
    F: FnOnce() -> T + Send + 'scope,
    T: Send + 'scope,
{
    let (slot, taken) = shared(work);
    match Builder::new().spawn_scoped(scope, move || taken().map(|work| work())) {
        Ok(thread) => Ok(Running(thread)),
        Err(_) => match take(&slot) {
            Some(work) => Err(work),
            None => resume_unwind(Box::new("the work was taken away")),
        },
    }
}

/// Work beside the caller's, or done already.
pub enum Beside<'scope, T> {
    /// It goes on.
    Running(Running<'scope, T>),
    /// There was no thread for it.
    Done(T),
}

impl<T> Beside<'_, T> {
    /// What it made.
    pub fn join(self) -> T {
        match self {
            Beside::Running(running) => running.join(),
            Beside::Done(made) => made,
        }
    }
}

/// Begins `work` on a thread of the scope, or does it here and now. It must not wait for the caller.
pub fn beside<'scope, T, F>(scope: &'scope Scope<'scope, '_>, work: F) -> Beside<'scope, T>
where
    F: FnOnce() -> T + Send + 'scope,
    T: Send + 'scope,
{
    match start(scope, work) {
        Ok(running) => Beside::Running(running),
        Err(work) => Beside::Done(work()),
    }
}

/// The same for work that may outlive the caller; none where it is done.
pub fn apart(name: &str, work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let (slot, taken) = shared(work);
    let work = move || {
        if let Some(work) = taken() {
            work();
        }
    };
    let started = Builder::new().name(name.to_owned()).spawn(work);
    if started.is_err()
        && let Some(work) = take(&slot)
    {
        work();
    }
    started.ok()
}

/// Does `work` on `threads` threads at once, or as many as are to be had, the caller's among them, and returns
/// what each made. Each looks by itself for what is left to do.
pub fn crew<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, work).ok()).collect();
        let own = work();
        let join =
            |thread: ScopedJoinHandle<'_, T>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        std::iter::once(own).chain(others.into_iter().map(join)).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_piece_of_work_is_done_once() {
        for threads in [0, 1, 4] {
            let next = AtomicUsize::new(0);
            let done = crew(threads, || {
                let mut mine = Vec::new();
                while let at = next.fetch_add(1, Ordering::Relaxed)
                    && at < 100
                {
                    mine.push(at);
                }
                mine
            });
            let mut done: Vec<_> = done.into_iter().flatten().collect();
            done.sort_unstable();
            assert_eq!(done, Vec::from_iter(0..100));
        }
        let made = thread::scope(|scope| beside(scope, || 7).join());
        assert_eq!(made, 7);
    }
}
