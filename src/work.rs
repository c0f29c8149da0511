//! How work runs: in parallel, in the background, and until the user interrupts.
//!
//! If the host does not allow another thread, the caller does the work itself.

mod background;
mod parallel;
mod threads;

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

pub(crate) use self::background::{abandonable, also_interrupting, background, detached_each, receive};
pub(crate) use self::parallel::{crew, in_order, parallel, try_parallel};
pub(crate) use self::threads::{Running, Spawned, detached, spawn, try_spawn};
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

/// A source that ends when the user interrupts.
pub(crate) struct Watched<R, F> {
    /// The source.
    pub source: R,
    /// Set by the user.
    pub interrupted: F,
}

impl<R: Read, F: Deref<Target = AtomicBool>> Read for Watched<R, F> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(io::Error::other(Interrupted));
        }
        self.source.read(buf)
    }
}

/// Locks `mutex`, also where a thread panicked while it held it: the panic is reported where that thread is joined.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
