//! Several deployments of one command.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::work::{crew, lock};

/// Does `work` for the items, at most `jobs` at once. They are begun in their order, and none is begun after one failed;
/// those that are begun are finished. `None` is an item that was not begun.
pub fn fleet<I: Sync, T: Send, E: Send>(
    jobs: NonZeroUsize,
    items: &[I],
    work: impl Fn(&I) -> Result<T, E> + Sync,
) -> Vec<Option<Result<T, E>>> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let ended = Mutex::new(Vec::from_iter(items.iter().map(|_| None)));
    crew(jobs.get().min(items.len()), || {
        while !failed.load(Ordering::Relaxed)
            && let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(at)
        {
            let result = work(item);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            lock(&ended)[at] = Some(result);
        }
    });
    ended.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}
