//! Uploads blobs before the manifest of their image exists.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use super::endpoint::Endpoint;
use super::pushed::Blob;
use super::registries::Registries;
use crate::reference::Reference;
use crate::work::background;

/// Sends blobs to one repository on threads of its own, from the first blob on. What it does not reach, the
/// push of the image does; and what goes wrong here, the push tries once more and tells.
pub struct EarlyPush {
    registries: Registries,
    place: Endpoint,
    queue: OnceLock<Sender<Blob>>,
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
        let queue = self.queue.get_or_init(|| self.start());
        // Where there are no threads, there is no receiver, and the push sends it all.
        let _ = queue.send(blob);
    }

    fn start(&self) -> Sender<Blob> {
        let (registries, place) = (self.registries.clone(), self.place.clone());
        let failed = AtomicBool::new(false);
        background("early-push", registries.shared.jobs.get(), move |blob| {
            if !failed.load(Ordering::Relaxed)
                && registries.blob_ahead(&registries.session(&place), &place, &blob).is_err()
            {
                failed.store(true, Ordering::Relaxed);
            }
        })
    }
}
