//! Images into registries: under every tag asked for, each repository reported once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::PublishError;
use crate::context::Context;
use crate::image::Image;
use crate::reference::{Pinned, Reference};
use crate::registry::{Blob, Error, Push, Sent};

/// How often somebody who waits for the network looks whether the user still wants it.
const LOOK: Duration = Duration::from_millis(50);

/// An image in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Where it is.
    pub pinned: Pinned,
    /// The tags that it has now, in the order asked for; none where it went by its digest alone.
    pub tags: Vec<String>,
    /// Whether everything was there already, the tags too: nothing was sent.
    pub already: bool,
    /// What was done with the blobs.
    pub blobs: Sent,
}

/// Pushes `image` to each of `targets`: under its tag, else by digest alone. What the targets' own
/// registries have in other repositories is mounted; layers of other registries stream through.
///
/// The transfers run on threads of their own, which an interrupt leaves behind: what they sent by
/// then stays in the registry, where nothing refers to it.
///
/// # Errors
/// [`PublishError::Registry`], [`PublishError::Interrupted`]. The tags before the failed one stand.
pub fn push(
    image: &Image,
    targets: &[Reference],
    context: &Context,
    interrupted: &AtomicBool,
) -> Result<Vec<Pushed>, PublishError> {
    let image = Push {
        layers: image.layers.iter().map(Blob::from).collect(),
        config: image.config.bytes().to_vec(),
        manifest: image.manifest.to_vec(),
        media_type: image.family.manifest().to_owned(),
    };
    let (targets, context) = (targets.to_vec(), context.clone());
    let work = move || -> Result<Vec<Pushed>, Box<Error>> {
        let mut done: Vec<Pushed> = Vec::new();
        for target in &targets {
            let one = context.registries.push(&image, target, context.creator.as_deref())?;
            let tags = target.tag().map(str::to_owned);
            match done.iter_mut().find(|earlier| earlier.pinned == one.pinned) {
                Some(earlier) => {
                    earlier.tags.extend(tags);
                    earlier.already &= one.already;
                    earlier.blobs += one.blobs;
                }
                None => done.push(Pushed {
                    pinned: one.pinned,
                    tags: tags.into_iter().collect(),
                    already: one.already,
                    blobs: one.blobs,
                }),
            }
        }
        Ok(done)
    };
    Ok(unless_interrupted(interrupted, work)??)
}

/// Runs `work` on a thread of its own, and leaves it behind where the user interrupts.
fn unless_interrupted<T: Send + 'static>(
    interrupted: &AtomicBool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, PublishError> {
    let (sender, receiver) = mpsc::channel();
    let started = thread::Builder::new().name("push".into()).spawn(move || {
        // Nobody listens any more where the user interrupted.
        let _ = sender.send(work());
    });
    let worker = started.map_err(PublishError::Thread)?;
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => {
                return Err(PublishError::Interrupted);
            }
            Err(RecvTimeoutError::Timeout) => {}
            // It panicked: so do we.
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => return Err(PublishError::Interrupted),
            },
        }
    }
}
