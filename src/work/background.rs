//! Work that may outlive the caller, and waits that end when the user interrupts.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, Builder, JoinHandle};
use std::time::Duration;

use super::threads::{detached, try_spawn};
use super::{Interrupted, lock};

/// How often a wait for another thread looks whether the user interrupted.
const LOOK: Duration = Duration::from_millis(50);

/// Does `work` for what the returned channel gets, on `threads` threads of its own that may outlive the caller. Without
/// a thread, nothing is done.
pub fn background<T: Send + 'static>(
    name: &str,
    threads: usize,
    work: impl Fn(T) + Send + Sync + 'static,
) -> Sender<T> {
    let (sender, receiver) = mpsc::channel();
    let (receiver, work) = (Arc::new(Mutex::new(receiver)), Arc::new(work));
    for _ in 0..threads {
        let (receiver, work) = (Arc::clone(&receiver), Arc::clone(&work));
        let next = move || {
            let receiver: MutexGuard<'_, Receiver<T>> = lock(&receiver);
            receiver.recv().ok()
        };
        let work = move || std::iter::from_fn(&next).for_each(|item| work(item));
        if Builder::new().name(name.to_owned()).spawn(work).is_err() {
            break;
        }
    }
    sender
}

/// Does `work` for each of the items on at most `threads` threads of its own that may outlive the caller, until it
/// returns `false` or all are done.
pub fn detached_each<T: Send + 'static>(
    name: &str,
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> bool + Send + Sync + 'static,
) {
    let threads = threads.min(items.len());
    let (items, work) = (Arc::new(Mutex::new(items.into_iter())), Arc::new(work));
    for _ in 0..threads {
        let (items, work) = (Arc::clone(&items), Arc::clone(&work));
        let next = move || lock(&items).next();
        detached(name, move || {
            while let Some(item) = next()
                && work(item)
            {}
        });
    }
}

/// Runs `work`, which waits for the network, on a thread of its own, and abandons it where the user interrupts.
///
/// # Errors
/// [`Interrupted`].
pub fn abandonable<T: Send + 'static>(
    name: &str,
    interrupted: &AtomicBool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Interrupted> {
    let (sender, receiver) = mpsc::channel();
    let worker = detached(name, move || {
        // The receiver is gone where the user interrupted.
        let _ = sender.send(work());
    });
    match receive(&receiver, interrupted)? {
        Some(result) => Ok(result),
        None => match worker.map(JoinHandle::join) {
            Some(Err(panic)) => resume_unwind(panic),
            _ => resume_unwind(Box::new("the work ended without a result")),
        },
    }
}

/// Does `work`, and sets `also` as soon as the user interrupts.
pub fn also_interrupting<T>(interrupted: &AtomicBool, also: &AtomicBool, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (working, ended) = mpsc::channel::<()>();
        let watch = move || {
            if receive(&ended, interrupted).is_err() {
                also.store(true, Ordering::Relaxed);
            }
        };
        // Without a thread, what is read comes to its end.
        let _watching = try_spawn(scope, watch);
        let done = work();
        drop(working);
        done
    })
}

/// What other threads send next; `None` where there are no senders any more.
///
/// # Errors
/// [`Interrupted`].
pub fn receive<T>(receiver: &Receiver<T>, interrupted: &AtomicBool) -> Result<Option<T>, Interrupted> {
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => return Err(Interrupted),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn background_work_gets_everything_and_ends() {
        let (sender, receiver) = mpsc::channel();
        let other = sender.clone();
        let queue = background("test", 3, move |item: usize| sender.send(item).unwrap());
        (0..100).for_each(|item| queue.send(item).unwrap());
        drop(queue);
        detached_each("test", 3, (0..100).collect(), move |item| other.send(item).is_ok());
        let mut got: Vec<_> = receiver.iter().collect();
        got.sort_unstable();
        assert_eq!(got, Vec::from_iter((0..100).flat_map(|item| [item, item])));
    }

    #[test]
    fn an_interrupt_abandons_work_that_waits() {
        let (go, wait) = mpsc::channel::<()>();
        let stop = AtomicBool::new(true);
        assert_eq!(abandonable("test", &stop, move || wait.recv().is_err()), Err(Interrupted));
        drop(go);
        assert_eq!(abandonable("test", &AtomicBool::new(false), || 7), Ok(7));
    }
}
