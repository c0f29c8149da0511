//! A build whose outputs wait beside their final names.

use std::collections::BTreeMap;
use std::mem;
use std::path::PathBuf;

use super::built::{Built, BuiltImage, Published};
use super::error::BuildError;
use super::options::{BuildOptions, Destinations};
use crate::arch::Arch;
use crate::context::Context;
use crate::epoch::Epoch;
use crate::progress::Phase;
use crate::publish::registry::Stopped;
use crate::publish::{self, Item, Output, PublishError, Wait};
use crate::tree::file_facts::Facts;
use crate::work::Run;

/// Everything is made, checked and pushed; renaming is all that is left.
pub struct StagedBuild {
    /// What was made; nothing of it is published locally.
    pub built: Built,
    /// Whether anything is written at all.
    pub writes: bool,
    /// The outputs.
    pub staged: Vec<publish::Staged>,
    /// What they are called.
    pub outputs: Vec<Output>,
}

/// Gives every output of builds its name, and returns what became of each. The time of it counts for `run`.
///
/// # Errors
/// [`BuildError::Push`], with what was pushed before.
pub fn commit(all: Vec<StagedBuild>, run: Run<'_>, context: &Context) -> Vec<Result<Built, BuildError>> {
    let wait = Wait { interrupted: run.interrupted, progress: &*context.progress };
    let (mut left, mut staged) = (Vec::new(), Vec::new());
    for mut ready in all {
        staged.push(mem::take(&mut ready.staged));
        left.push(ready);
    }
    let ended = run.meter.time(Phase::Publish, || (publish::commit(staged, &wait), 0));
    left.into_iter().zip(ended).map(|(ready, ended)| ready.ended(ended)).collect()
}

impl StagedBuild {
    /// The same of one alone.
    ///
    /// # Errors
    /// As [`commit`] returns them.
    pub fn commit(mut self, run: Run<'_>, context: &Context) -> Result<Built, BuildError> {
        let wait = Wait { interrupted: run.interrupted, progress: &*context.progress };
        let staged = mem::take(&mut self.staged);
        let commit = || (publish::commit(vec![staged], &wait).into_iter().collect(), 0);
        let ended = run.meter.time(Phase::Publish, commit);
        self.ended(ended)
    }

    fn ended(mut self, ended: Result<(), PublishError>) -> Result<Built, BuildError> {
        if let Err(source) = ended {
            // What is published is told in any case.
            let pushed = self.built.pushed.into_iter().map(|(_, one)| one).collect();
            return Err(Stopped { pushed, left: Vec::new(), source }.into());
        }
        if self.writes {
            self.built.published = put_where(&self.outputs, &self.built.images);
        }
        Ok(self.built)
    }
}

/// The path beside which new layers are put: the first output, so that they can be linked there instead of copied, or
/// one in the temporary directory. `None` where nothing reads their bytes.
pub fn place_of_layers(destinations: &Destinations, options: &BuildOptions) -> Option<PathBuf> {
    let temporary = options.temp_dir.join("blobs");
    if options.dry_run {
        // New layers are surveyed while they are packed, those of bases only from their bytes.
        let reads_bases = options.check.as_ref().is_some_and(|checking| checking.deep);
        return (options.keep_layers || reads_bases).then_some(temporary);
    }
    match destinations.outputs.first() {
        Some(output) => Some(output.path().to_owned()),
        None => (!destinations.push.is_empty()).then_some(temporary),
    }
}

/// Makes every output beside its final name: before anything is pushed, so that a full disk leaves nothing
/// behind that says that the build is done. The push comes next, and then renaming is all that is left. Returned,
/// too, are the bytes of layers that were written.
pub fn stage(
    destinations: &Destinations,
    (epoch, started_at): (Epoch, i64),
    run: Run<'_>,
    images: &[BuiltImage],
    facts: &Facts,
) -> Result<(Vec<publish::Staged>, u64), BuildError> {
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

fn put_where(outputs: &[Output], images: &[BuiltImage]) -> Vec<Published> {
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
