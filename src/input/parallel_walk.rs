//! Walks a directory on several threads, because a walk over many files spends most of its time waiting for the host.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::work::{crew, lock};

/// Few pieces of work are done sooner than a thread is started.
const WORTH_A_THREAD: usize = 16;

/// What threads found, put together.
pub trait Merge: Default + Send {
    /// Adds what another thread found.
    fn merge(&mut self, other: Self);
}

struct Queue<W> {
    work: Vec<W>,
    /// Threads that may find more work.
    busy: usize,
    /// Threads that wait for work.
    waiting: usize,
}

/// Does `first` and all that `one` returns, in no order, on at most `jobs` threads, and returns what was found.
pub fn run<W: Send, F: Merge>(first: W, jobs: NonZeroUsize, one: impl Fn(W, &mut F) -> Vec<W> + Sync) -> F {
    let mut found = F::default();
    let mut work = vec![first];
    while work.len() < WORTH_A_THREAD {
        let Some(next) = work.pop() else { return found };
        work.extend(one(next, &mut found));
    }
    let queue = (Mutex::new(Queue { work, busy: 0, waiting: 0 }), Condvar::new());
    for other in crew(jobs.get(), || work_off(&queue, &one)) {
        found.merge(other);
    }
    found
}

fn work_off<W, F: Merge>(
    (queue, changed): &(Mutex<Queue<W>>, Condvar),
    one: &impl Fn(W, &mut F) -> Vec<W>,
) -> F {
    let mut found = F::default();
    let mut state = lock(queue);
    loop {
        if let Some(next) = state.work.pop() {
            state.busy += 1;
            drop(state);
            let more = one(next, &mut found);
            state = lock(queue);
            state.busy -= 1;
            state.work.extend(more);
            // Each call is one of the kernel: not for every directory.
            if state.waiting > 0 {
                changed.notify_all();
            }
        } else if state.busy > 0 {
            state.waiting += 1;
            state = changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        } else {
            return found;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Threads(HashSet<thread::ThreadId>, usize);

    impl Merge for Threads {
        fn merge(&mut self, other: Self) {
            self.0.extend(other.0);
            self.1 += other.1;
        }
    }

    #[test]
    fn no_more_threads_work_than_jobs() {
        // 4 levels of 20 each: work for any number of threads.
        let one = |depth: u32, found: &mut Threads| {
            found.0.insert(thread::current().id());
            found.1 += 1;
            thread::yield_now();
            if depth < 3 { vec![depth + 1; 20] } else { Vec::new() }
        };
        for jobs in [1, 2, 5] {
            let found = run(0, NonZeroUsize::new(jobs).unwrap(), one);
            assert_eq!(found.1, 1 + 20 + 400 + 8000, "{jobs}");
            assert!((1..=jobs).contains(&found.0.len()), "{} threads for {jobs} jobs", found.0.len());
        }
    }
}
