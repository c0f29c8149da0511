//! Pushes images to registries, under every requested tag. Each repository is reported once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::error::PublishError;
use crate::context::Context;
use crate::image::Image;
use crate::reference::{Pinned, Reference};
use crate::registry::{Blob, PushResult, PushStats, PushedBlob, Upload};
use crate::work::{Run, abandonable};

/// An image in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pushed {
    /// Where it is.
    pub pinned: Pinned,
    /// The tags that it has now, in the order asked for; none where it went by its digest alone.
    pub tags: Vec<String>,
    /// Whether everything was there already, the tags too: nothing was sent.
    pub already: bool,
    /// What was done with the blobs.
    pub blobs: PushStats,
    /// The same for each blob that was looked for, layers in order before the configuration.
    pub each: Vec<PushedBlob>,
}

/// A push that ended before its end, and what it reached.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
#[non_exhaustive]
pub struct Stopped {
    /// What is published, and stays.
    pub pushed: Vec<Pushed>,
    /// The targets that are not, in the order asked for: the first is the one that failed.
    pub left: Vec<Reference>,
    /// Why.
    pub source: PublishError,
}

/// Pushes each image to each of its targets, one after the other: under its tag, else by digest alone.
/// What the targets' own registries have in other repositories is mounted; layers of other registries
/// stream through, or are kept where several registries want them. The results are those of the images, in order.
///
/// The transfers run on threads of their own, which an interrupt leaves behind: what they sent by
/// then stays in the registry, where nothing refers to it.
///
/// # Errors
/// [`Stopped`], by [`PublishError::Registry`] or [`PublishError::Interrupted`].
pub fn push(
    images: &[(&Image, &[Reference])],
    context: &Context,
    run: Run<'_>,
) -> Result<Vec<Vec<Pushed>>, Stopped> {
    let mut all: Vec<Vec<Pushed>> = Vec::new();
    let mut left: Vec<Reference> = images.iter().flat_map(|(_, targets)| *targets).cloned().collect();
    for (image, targets) in images {
        let several = targets.iter().any(|target| target.registry() != targets[0].registry());
        let push = Arc::new(Upload {
            layers: image.layers.iter().map(|layer| Blob::of(layer, several, run.meter)).collect(),
            config: image.config.bytes().to_vec(),
            manifest: image.manifest.to_vec(),
            media_type: image.family.manifest().to_owned(),
        });
        let mut done: Vec<Pushed> = Vec::new();
        for target in *targets {
            match push_one(&push, target, context, run.interrupted) {
                Ok(one) => record(&mut done, target, one),
                Err(source) => {
                    all.push(done);
                    return Err(Stopped { pushed: all.into_iter().flatten().collect(), left, source });
                }
            }
            left.remove(0);
        }
        all.push(done);
    }
    Ok(all)
}

fn push_one(
    push: &Arc<Upload>,
    target: &Reference,
    context: &Context,
    interrupted: &AtomicBool,
) -> Result<PushResult, PublishError> {
    let (push, target, context) = (Arc::clone(push), target.clone(), context.clone());
    let work = move || context.registries.push(&push, &target, context.creator.as_deref());
    Ok(abandonable("push", interrupted, work)?.map_err(Box::new)?)
}

/// Each repository is reported once, with all its tags.
fn record(done: &mut Vec<Pushed>, target: &Reference, one: PushResult) {
    let tags = target.tag().map(str::to_owned);
    match done.iter_mut().find(|earlier| earlier.pinned == one.pinned) {
        Some(earlier) => {
            earlier.tags.extend(tags);
            earlier.already &= one.already;
            earlier.blobs += one.blobs;
            earlier.each.extend(one.each);
        }
        None => done.push(Pushed {
            pinned: one.pinned,
            tags: tags.into_iter().collect(),
            already: one.already,
            blobs: one.blobs,
            each: one.each,
        }),
    }
}
