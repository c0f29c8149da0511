//! Starts threads, and works without them if the host does not allow any.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle, Scope, ScopedJoinHandle};

use super::lock;

/// Work that was begun on a thread of its own.
pub struct Running<'scope, T>(ScopedJoinHandle<'scope, Option<T>>);

impl<T> Running<'_, T> {
    /// Waits for its end; a panic continues here.
    pub fn join(self) -> T {
        match self.0.join() {
            Ok(Some(made)) => made,
            // Only who has no thread gets the work back.
            Ok(None) => resume_unwind(Box::new("the work was taken away")),
            Err(panic) => resume_unwind(panic),
        }
    }
}

/// A piece of work that the first free thread takes.
fn shared<F>(work: F) -> (Arc<Mutex<Option<F>>>, impl FnOnce() -> Option<F>) {
    let slot = Arc::new(Mutex::new(Some(work)));
    let other = Arc::clone(&slot);
    (slot, move || take(&other))
}

fn take<F>(slot: &Mutex<Option<F>>) -> Option<F> {
    lock(slot).take()
}

/// Begins `work` on a thread of the scope.
///
/// # Errors
/// The work itself, if there is no thread for it.
pub fn try_spawn<'scope, T, F>(scope: &'scope Scope<'scope, '_>, work: F) -> Result<Running<'scope, T>, F>
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

/// Work on another thread, or finished work.
pub enum Spawned<'scope, T> {
    /// It continues.
    Running(Running<'scope, T>),
    /// There was no thread for it.
    Done(T),
}

impl<T> Spawned<'_, T> {
    /// What it made.
    pub fn join(self) -> T {
        match self {
            Spawned::Running(running) => running.join(),
            Spawned::Done(made) => made,
        }
    }
}

/// Begins `work` on a thread of the scope, or does it here and now. It must not wait for the caller.
pub fn spawn<'scope, T, F>(scope: &'scope Scope<'scope, '_>, work: F) -> Spawned<'scope, T>
where
    F: FnOnce() -> T + Send + 'scope,
    T: Send + 'scope,
{
    match try_spawn(scope, work) {
        Ok(running) => Spawned::Running(running),
        Err(work) => Spawned::Done(work()),
    }
}

/// The same for work that may outlive the caller; none where it is done.
pub fn detached(name: &str, work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn spawned_work_is_done_once() {
        assert_eq!(thread::scope(|scope| spawn(scope, || 7).join()), 7);
    }
}
