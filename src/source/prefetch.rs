//! Fetches the layers that an output will need, several at once.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::error::SourceError;
use super::image_ref::ImageName;
use super::remote_blob::is_not_cached;
use crate::digest::Digest;
use crate::image::Layer;
use crate::store::cache::Cache;
use crate::work::{self, Run};

/// Layers that are being opened, so that those of a registry are in the cache before the first byte of an output is
/// written. Given up with this: what has begun by then ends by itself, the rest never begins.
pub struct Fetching {
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
    let lacked =
        layers.iter().filter(|(_, layer)| !cache.has(layer.descriptor.digest, layer.descriptor.size));
    // The cache first: a registry may have to be asked where the blob is.
    let remote = lacked.filter(|(_, layer)| layer.source.mount_from().is_some());
    remote.map(|(_, layer)| (layer.descriptor.digest, layer.descriptor.size)).collect()
}

/// Begins to open layers, at most `jobs` at once, each with the name of its base; there may be none.
pub fn begin(layers: Vec<(String, Layer)>, jobs: NonZeroUsize) -> Fetching {
    let (sender, failed) = mpsc::channel();
    let given_up = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&given_up);
    let layers = layers.into_iter().enumerate().collect();
    work::detached_each("fetch", jobs.get(), layers, move |(at, (base, layer)): (usize, (String, Layer))| {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        match layer.source.open() {
            Ok(_) => true,
            Err(error) => sender.send((at, base, layer.descriptor.digest, error)).is_ok(),
        }
    });
    Fetching { failed, given_up }
}

impl Fetching {
    /// Waits until all are there.
    ///
    /// # Errors
    /// [`SourceError`]: of the first layer in order; where nothing may be fetched, of all together.
    pub fn finish(self, run: Run<'_>) -> Result<(), SourceError> {
        let mut failed: Vec<Missed> = Vec::new();
        while let Some(one) = work::receive(&self.failed, run.interrupted)? {
            failed.push(one);
        }
        failed.sort_by_key(|(at, ..)| *at);
        let missing = failed.iter().filter(|(.., error)| is_not_cached(error));
        let missing: Vec<_> = missing.map(|(_, _, digest, _)| digest.to_string()).collect();
        match failed.into_iter().next() {
            None => Ok(()),
            Some((_, base, ..)) if !missing.is_empty() => {
                let layers = if missing.len() == 1 { "layer" } else { "layers" };
                Err(SourceError::Offline {
                    image: ImageName::base(base),
                    missing: format!("{layers} {}", missing.join(", ")),
                })
            }
            Some((_, base, digest, source)) => {
                Err(SourceError::Fetch { image: ImageName::base(base), digest, source })
            }
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
