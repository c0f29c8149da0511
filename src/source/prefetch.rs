//! Layers that are about to be written, made ready several at once.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::SourceError;
use crate::digest::Digest;
use crate::image::Layer;
use crate::pack::PackError;
use crate::store::cache::Cache;
use crate::work::{self, Run};

/// How often somebody who waits for the network looks whether the user still wants it.
const LOOK: Duration = Duration::from_millis(50);

/// Layers that are being opened, so that those of a registry are in the cache before the first byte of an output is
/// written. Given up with this: what has begun by then ends by itself, the rest never begins.
pub struct Fetching {
    /// The base of the first of them.
    base: String,
    failed: mpsc::Receiver<Missed>,
    given_up: Arc<AtomicBool>,
}

/// Where in the order a layer is that could not be opened, its base and digest, and why.
type Missed = (usize, String, Digest, io::Error);

impl Drop for Fetching {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
    }
}

/// Those of the layers that a registry has and the cache has not, by digest and size in bytes.
pub fn coming(layers: &[(String, Layer)], cache: &Cache) -> Vec<(Digest, u64)> {
    let blobs = layers.iter().filter(|(_, layer)| layer.source.mount_from().is_some());
    let blobs = blobs.map(|(_, layer)| (layer.descriptor.digest, layer.descriptor.size));
    blobs.filter(|(digest, size)| !cache.has(*digest, *size)).collect()
}

/// Begins to open layers, at most `jobs` at once, each with the name of its base; there may be none.
pub fn begin(layers: Vec<(String, Layer)>, jobs: NonZeroUsize) -> Fetching {
    let (sender, failed) = mpsc::channel();
    let given_up = Arc::new(AtomicBool::new(false));
    let base = layers.first().map(|(base, _)| base.clone()).unwrap_or_default();
    let threads = jobs.get().min(layers.len());
    let queue: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(layers.into_iter().enumerate().collect()));
    for _ in 0..threads {
        let (queue, sender, given_up) = (Arc::clone(&queue), sender.clone(), Arc::clone(&given_up));
        let fetch = move || {
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            while !given_up.load(Ordering::Relaxed)
                && let Some((at, (base, layer))) = next()
            {
                let missed =
                    layer.source.open().err().map(|error| (at, base, layer.descriptor.digest, error));
                if missed.is_some_and(|missed| sender.send(missed).is_err()) {
                    return;
                }
            }
        };
        work::apart("fetch", fetch);
    }
    Fetching { base, failed, given_up }
}

impl Fetching {
    /// Waits until all are there.
    ///
    /// # Errors
    /// [`SourceError`]: of the first layer in order; where nothing may be fetched, of all together.
    pub fn finish(self, run: Run<'_>) -> Result<(), SourceError> {
        let mut failed: Vec<Missed> = Vec::new();
        while let Some(one) = wait(&self.base, &self.failed, run)? {
            failed.push(one);
        }
        failed.sort_by_key(|(at, ..)| *at);
        let missing = failed.iter().filter(|(.., error)| crate::source::registry::is_not_cached(error));
        let missing: Vec<_> = missing.map(|(_, _, digest, _)| digest.to_string()).collect();
        match failed.into_iter().next() {
            None => Ok(()),
            Some((_, base, ..)) if !missing.is_empty() => {
                let layers = if missing.len() == 1 { "layer" } else { "layers" };
                Err(SourceError::Offline { base, missing: format!("{layers} {}", missing.join(", ")) })
            }
            Some((_, base, digest, source)) => Err(SourceError::Fetch { base, digest, source }),
        }
    }
}

/// Opens layers, and waits until all are there: [`begin`] and [`Fetching::finish`] in one.
///
/// # Errors
/// As they.
pub fn prefetch(layers: Vec<(String, Layer)>, run: Run<'_>) -> Result<(), SourceError> {
    begin(layers, run.jobs).finish(run)
}

/// Runs `work`, which waits for the network, on a thread of its own, and leaves it behind where the
/// user interrupts.
pub(super) fn interruptibly<T: Send + 'static>(
    base: &str,
    run: Run<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, SourceError> {
    let (sender, receiver) = mpsc::channel();
    let attempt = move || {
        // Nobody waits any more where the user interrupted.
        let _ = sender.send(work());
    };
    work::apart("fetch", attempt);
    let stopped = || io::Error::other("the thread that asks ended early");
    wait(base, &receiver, run)?.ok_or_else(|| host(base, stopped()))
}

fn wait<T>(base: &str, receiver: &mpsc::Receiver<T>, run: Run<'_>) -> Result<Option<T>, SourceError> {
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(one) => return Ok(Some(one)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                run.check()
                    .map_err(|source| SourceError::Pack { base: base.to_owned(), source: source.into() })?;
            }
        }
    }
}

fn host(base: &str, source: io::Error) -> SourceError {
    let origin = base.to_owned();
    SourceError::Pack { base: origin.clone(), source: PackError::Read { origin, source } }
}
