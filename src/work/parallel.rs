//! Runs one function for many items, on several threads.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, Builder, ScopedJoinHandle};

use super::threads::{Running, try_spawn};

/// Does `work` on `threads` threads at once, or as many as the host allows, including the caller's, and returns
/// what each made. Each looks by itself for what is left to do.
pub(crate) fn crew<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
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

/// Does `work` for each of the items, several at once on at most `jobs` threads, the caller's among them. The
/// results are in the order of the items.
pub fn parallel<I: Sync, T: Send>(jobs: NonZeroUsize, items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let never = try_parallel(jobs, items, |item| Ok::<_, Infallible>(work(item)));
    match never {
        Ok(results) => results,
        Err(error) => match error {},
    }
}

/// The same for work that can fail: no item is begun after the first failure.
///
/// # Errors
/// That of the first item, in their order, that failed. It is always the same one: items are begun in their order,
/// and what was begun is finished.
pub fn try_parallel<I: Sync, T: Send, E: Send>(
    jobs: NonZeroUsize,
    items: &[I],
    work: impl Fn(&I) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let found = crew(jobs.get().min(items.len()), || {
        let mut found = Vec::new();
        while !failed.load(Ordering::Relaxed)
            && let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            let result = work(item);
            if result.is_err() {
                failed.store(true, Ordering::Relaxed);
            }
            found.push((index, result));
        }
        found
    });
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, result)| result).collect()
}

/// Does `work` for each of the items on `threads` other threads, while the caller's gets the results in the order of
/// the items, each as soon as it is there.
pub fn in_order<I: Sync, T: Send>(
    threads: usize,
    items: &[I],
    work: impl Fn(usize, &I) -> T + Sync,
    mut each: impl FnMut(T),
) {
    let (next, work) = (&AtomicUsize::new(0), &work);
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        let worker = |sender: Sender<_>| {
            move || {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(index)
                {
                    // The receiver is dropped after all senders.
                    let _ = sender.send((index, work(index, item)));
                }
            }
        };
        let workers: Vec<_> = (0..threads.min(items.len()))
            .map_while(|_| try_spawn(scope, worker(sender.clone())).ok())
            .collect();
        if workers.is_empty() {
            worker(sender)();
        } else {
            drop(sender);
        }
        let (mut waiting, mut turn) = (BTreeMap::new(), 0);
        for (index, result) in receiver {
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&turn) {
                turn += 1;
                each(result);
            }
        }
        workers.into_iter().for_each(Running::join);
    });
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use super::super::lock;
    use super::*;

    const ITEMS: [usize; 100] = {
        let mut items = [0; 100];
        let mut at = 0;
        while at < items.len() {
            items[at] = at;
            at += 1;
        }
        items
    };

    fn jobs(jobs: usize) -> NonZeroUsize {
        NonZeroUsize::new(jobs).unwrap()
    }

    #[test]
    fn every_item_is_done_once_and_results_are_in_order() {
        for threads in [1, 2, 4, 200] {
            let seen = Mutex::new(HashSet::new());
            let results = parallel(jobs(threads), &ITEMS, |item| {
                lock(&seen).insert(thread::current().id());
                thread::yield_now();
                item * 2
            });
            assert_eq!(results, ITEMS.map(|item| item * 2));
            assert!(lock(&seen).len() <= threads);
        }
        assert!(parallel(jobs(3), &[] as &[u8], |_| 1).is_empty());
    }

    #[test]
    fn the_first_failure_in_order_is_returned_and_ends_the_work() {
        for threads in [1, 3, 8] {
            let begun = AtomicUsize::new(0);
            let result = try_parallel(jobs(threads), &ITEMS, |item| {
                begun.fetch_add(1, Ordering::Relaxed);
                // The failure that comes first is not the first one in the order.
                if *item == 10 {
                    while threads > 1 && begun.load(Ordering::Relaxed) < 12 {
                        thread::yield_now();
                    }
                }
                if *item >= 10 { Err(*item) } else { Ok(()) }
            });
            assert_eq!(result, Err(10));
            assert!(begun.into_inner() <= 10 + threads);
        }
    }

    #[test]
    fn results_come_in_order_while_others_work() {
        for threads in [0, 1, 4] {
            let (mut got, caller) = (Vec::new(), thread::current().id());
            in_order(
                threads,
                &ITEMS,
                |index, item| index + item,
                |sum| {
                    assert_eq!(thread::current().id(), caller);
                    got.push(sum);
                },
            );
            assert_eq!(got, ITEMS.map(|item| item * 2));
        }
    }
}
