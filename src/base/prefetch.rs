//! Layers that are about to be written, made ready several at once.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::BaseError;
use crate::digest::Digest;
use crate::image::Layer;
use crate::pack::{Effort, PackError};
use crate::work;

/// How often somebody who waits for the network looks whether the user still wants it.
const LOOK: Duration = Duration::from_millis(50);

/// Opens layers, so that those of a registry are in the cache before the first byte of an output is
/// written: at most `effort.jobs` at once. Each comes with the name of its base.
///
/// # Errors
/// [`BaseError`]: of the first layer in order; where nothing may be fetched, of all together.
pub fn prefetch(layers: Vec<(String, Layer)>, effort: Effort<'_>) -> Result<(), BaseError> {
    let Some((base, _)) = layers.first() else { return Ok(()) };
    let base = base.clone();
    let threads = effort.jobs.get().min(layers.len());
    let queue: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(layers.into_iter().enumerate().collect()));
    let (sender, receiver) = mpsc::channel();
    for _ in 0..threads {
        let (queue, sender) = (Arc::clone(&queue), sender.clone());
        let fetch = move || {
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            while let Some((at, (base, layer))) = next() {
                let failed =
                    layer.source.open().err().map(|error| (at, base, layer.descriptor.digest, error));
                if failed.is_some_and(|failed| sender.send(failed).is_err()) {
                    return;
                }
            }
        };
        work::apart("fetch", fetch);
    }
    drop(sender);
    let mut failed: Vec<(usize, String, Digest, io::Error)> = Vec::new();
    while let Some(one) = wait(&base, &receiver, effort)? {
        failed.push(one);
    }
    failed.sort_by_key(|(at, ..)| *at);
    let missing = failed.iter().filter(|(.., error)| super::registry::is_not_cached(error));
    let missing: Vec<_> = missing.map(|(_, _, digest, _)| digest.to_string()).collect();
    match failed.into_iter().next() {
        None => Ok(()),
        Some((_, base, ..)) if !missing.is_empty() => {
            let layers = if missing.len() == 1 { "layer" } else { "layers" };
            Err(BaseError::Offline { base, missing: format!("{layers} {}", missing.join(", ")) })
        }
        Some((_, base, digest, source)) => Err(BaseError::Fetch { base, digest, source }),
    }
}

/// Runs `work`, which waits for the network, on a thread of its own, and leaves it behind where the
/// user interrupts.
pub(super) fn interruptibly<T: Send + 'static>(
    base: &str,
    effort: Effort<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BaseError> {
    let (sender, receiver) = mpsc::channel();
    let run = move || {
        // Nobody waits any more where the user interrupted.
        let _ = sender.send(work());
    };
    work::apart("fetch", run);
    let stopped = || io::Error::other("the thread that asks ended early");
    wait(base, &receiver, effort)?.ok_or_else(|| host(base, stopped()))
}

fn wait<T>(base: &str, receiver: &mpsc::Receiver<T>, effort: Effort<'_>) -> Result<Option<T>, BaseError> {
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(one) => return Ok(Some(one)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                effort.check().map_err(|source| BaseError::Pack { base: base.to_owned(), source })?;
            }
        }
    }
}

fn host(base: &str, source: io::Error) -> BaseError {
    let origin = base.to_owned();
    BaseError::Pack { base: origin.clone(), source: PackError::Read { origin, source } }
}
