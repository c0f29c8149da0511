//! Blobs that travel before the image that they are for is whole.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use super::push::Blob;
use super::{Place, Registries, lock};
use crate::reference::Reference;

/// Sends blobs to one repository on threads of its own, from the first blob on. What it does not reach, the
/// push of the image does; and what goes wrong here, the push tries once more and tells.
pub struct Ahead {
    registries: Registries,
    place: Place,
    queue: OnceLock<Sender<Blob>>,
}

impl Registries {
    /// Sends blobs ahead to the repository of `target`.
    pub fn ahead(&self, target: &Reference) -> Ahead {
        Ahead { registries: self.clone(), place: Place::of(target), queue: OnceLock::new() }
    }
}

impl Ahead {
    /// Sends a blob, or finds that it is there. Does not wait.
    pub fn send(&self, blob: Blob) {
        let queue = self.queue.get_or_init(|| self.start());
        // Nobody listens any more where something went wrong.
        let _ = queue.send(blob);
    }

    fn start(&self) -> Sender<Blob> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let failed = Arc::new(AtomicBool::new(false));
        for _ in 0..self.registries.shared.jobs {
            let (registries, place) = (self.registries.clone(), self.place.clone());
            let (receiver, failed) = (Arc::clone(&receiver), Arc::clone(&failed));
            let work = move || {
                let session = registries.session(&place);
                loop {
                    let Ok(blob) = lock(&receiver).recv() else { return };
                    if failed.load(Ordering::Relaxed) {
                        return;
                    }
                    if registries.blob_ahead(&session, &place, &blob).is_err() {
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            };
            // Without a thread nothing goes ahead, and the push does it all.
            let _ = thread::Builder::new().name("ahead".into()).spawn(work);
        }
        sender
    }
}
