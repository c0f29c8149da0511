//! Uploads blobs before the manifest of their image exists.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use super::begun::Begun;
use super::endpoint::Endpoint;
use super::pushed::Blob;
use super::registries::Registries;
use crate::digest::Digest;
use crate::progress::Meter;
use crate::reference::Reference;
use crate::store::growing::Growing;
use crate::work::background;

/// Sends blobs to one repository on threads of its own, from the first blob on. What it does not reach, the
/// push of the image does; and what goes wrong here, the push tries once more and tells.
pub struct EarlyPush {
    registries: Registries,
    place: Endpoint,
    queue: OnceLock<Sender<Early>>,
}

/// What is sent.
enum Early {
    /// A blob.
    Whole(Box<Blob>),
    /// One that is still being made.
    Growing(Arc<Begun>),
}

/// The upload of a blob that grows. Given up with this, unless it is finished.
pub struct EarlyUpload {
    registries: Registries,
    place: Endpoint,
    begun: Option<Arc<Begun>>,
}

impl Registries {
    /// Sends blobs ahead to the repository of `target`.
    pub fn early_push(&self, target: &Reference) -> EarlyPush {
        EarlyPush { registries: self.clone(), place: Endpoint::of(target), queue: OnceLock::new() }
    }
}

impl EarlyPush {
    /// Sends a blob, or finds that it is there. Does not wait.
    pub fn send(&self, blob: Blob) {
        self.queue(Early::Whole(Box::new(blob)));
    }

    /// Sends a blob of at most `most` bytes while it grows. Does not wait.
    pub fn send_growing(&self, growing: &Arc<Growing>, most: u64, meter: &Meter) -> EarlyUpload {
        let begun = Begun::new(Arc::clone(growing), most, meter.clone());
        self.queue(Early::Growing(Arc::clone(&begun)));
        EarlyUpload { registries: self.registries.clone(), place: self.place.clone(), begun: Some(begun) }
    }

    fn queue(&self, one: Early) {
        let queue = self.queue.get_or_init(|| self.start());
        // Where there are no threads, there is no receiver, and the push sends it all.
        let _ = queue.send(one);
    }

    fn start(&self) -> Sender<Early> {
        let (registries, place) = (self.registries.clone(), self.place.clone());
        let failed = AtomicBool::new(false);
        background("early-push", registries.shared.jobs.get(), move |one| {
            if failed.load(Ordering::Relaxed) {
                return;
            }
            let session = registries.session(&place);
            match one {
                Early::Growing(begun) => begun.run(&session, &place),
                Early::Whole(blob) if registries.blob_ahead(&session, &place, &blob).is_err() => {
                    failed.store(true, Ordering::Relaxed);
                }
                Early::Whole(_) => {}
            }
        })
    }
}

impl EarlyUpload {
    /// The blob is whole and has this digest: the next upload of it ends this one by that.
    pub fn finish(mut self, digest: Digest) {
        if let Some(begun) = self.begun.take() {
            self.registries.shared.known_blobs.give(&self.place, digest, begun);
        }
    }
}

impl Drop for EarlyUpload {
    fn drop(&mut self) {
        if let Some(begun) = self.begun.take() {
            begun.cancel(&self.registries.session(&self.place), &self.place);
        }
    }
}
