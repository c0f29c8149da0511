//! `StagedBuild`: a build whose outputs are complete and do not have their final names yet.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::built::{Built, BuiltImage, Published};
use super::error::BuildError;
use super::options::Destinations;
use crate::arch::Arch;
use crate::context::Context;
use crate::epoch::Epoch;
use crate::progress::Phase;
use crate::publish::registry::Stopped;
use crate::publish::{self, Item, Output, PublishError, Staged, Wait};
use crate::tree::file_facts::Facts;
use crate::work::Run;

/// Everything is made, checked and pushed; renaming is all that is left.
pub struct StagedBuild {
    built: Built,
    /// The outputs, next to their final names.
    staged: Vec<Staged>,
    /// What they will be called; none in a dry run.
    outputs: Vec<Output>,
}

impl StagedBuild {
    /// What was built, and waits in the outputs of `destinations`, unless nothing is written at all.
    pub fn new(built: Built, staged: Vec<Staged>, destinations: Option<&Destinations>) -> Self {
        let outputs = destinations.map(|destinations| destinations.outputs.clone()).unwrap_or_default();
        Self { built, staged, outputs }
    }

    /// Gives its outputs their names.
    ///
    /// # Errors
    /// As [`commit`] returns them.
    pub fn commit(mut self, run: Run<'_>, context: &Context) -> Result<Built, BuildError> {
        let wait = Wait { interrupted: run.interrupted, progress: &*context.progress };
        let staged = mem::take(&mut self.staged);
        let commit = || (publish::commit(vec![staged], &wait).into_iter().collect(), 0);
        let committed = run.meter.time(Phase::Publish, commit);
        self.published(committed)
    }

    /// What became of it.
    fn published(mut self, committed: Result<(), PublishError>) -> Result<Built, BuildError> {
        match committed {
            Ok(()) => {
                self.built.published = published(&self.outputs, &self.built.images);
                Ok(self.built)
            }
            Err(source) => {
                // What is published is told in any case.
                let pushed = self.built.pushed.into_iter().map(|(_, one)| one).collect();
                Err(Stopped { pushed, left: Vec::new(), source }.into())
            }
        }
    }
}

/// Gives the outputs of several builds their names, and returns what became of each build, in order. Its time counts
/// for `run`.
///
/// # Errors
/// [`BuildError::Push`], with what was pushed before.
pub fn commit(builds: Vec<StagedBuild>, run: Run<'_>, context: &Context) -> Vec<Result<Built, BuildError>> {
    let wait = Wait { interrupted: run.interrupted, progress: &*context.progress };
    let (mut rest, mut staged) = (Vec::new(), Vec::new());
    for mut build in builds {
        staged.push(mem::take(&mut build.staged));
        rest.push(build);
    }
    let committed = run.meter.time(Phase::Publish, || (publish::commit(staged, &wait), 0));
    rest.into_iter().zip(committed).map(|(build, committed)| build.published(committed)).collect()
}

/// Makes every output next to its final name: before anything is pushed, so that a full disk leaves nothing
/// that looks like a finished build. The push comes next, and then only renaming is left. Returned,
/// too, are the bytes of layers that were written.
pub fn stage(
    destinations: &Destinations,
    (epoch, started_at): (Epoch, i64),
    run: Run<'_>,
    images: &[BuiltImage],
    facts: &Arc<Facts>,
) -> Result<(Vec<Staged>, u64), BuildError> {
    let items: Vec<_> =
        images.iter().map(|built| Item { image: &built.image, suffix: suffix(images, built) }).collect();
    let layers: BTreeMap<_, _> = images
        .iter()
        .flat_map(|one| &one.image.layers)
        .map(|layer| (layer.descriptor.digest, &layer.descriptor))
        .collect();
    let (mut staged, mut bytes) = (Vec::new(), 0);
    for output in &destinations.outputs {
        bytes += layers.values().filter(|layer| output.lacks(layer)).map(|layer| layer.size).sum::<u64>();
        staged.push(output.stage(&items, (epoch, started_at), facts)?);
        run.check()?;
    }
    Ok((staged, bytes))
}

/// Each image in each output.
fn published(outputs: &[Output], images: &[BuiltImage]) -> Vec<Published> {
    let pairs = outputs.iter().flat_map(|output| images.iter().map(move |image| (output, image)));
    let published = pairs.map(|(output, built)| Published {
        arch: built.arch,
        target: output.target(suffix(images, built)),
        digest: built.image.digest,
    });
    published.collect()
}

/// What tells an image from its siblings, where a build makes several.
fn suffix(images: &[BuiltImage], built: &BuiltImage) -> Option<Arch> {
    (images.len() > 1).then_some(built.arch)
}
