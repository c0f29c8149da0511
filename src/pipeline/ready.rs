//! A build whose outputs wait beside their final names.

use super::error::BuildError;
use super::spec::BuildSpec;
use super::{Built, BuiltImage, Published};
use crate::arch::Arch;
use crate::context::Context;
use crate::pack::Effort;
use crate::progress::Phase;
use crate::publish::registry::Stopped;
use crate::publish::{self, Item, Output, Wait};
use crate::tree::facts::Facts;

/// Everything is made, checked and pushed; renaming is all that is left.
pub struct Ready {
    /// What was made; nothing of it is published locally.
    pub built: Built,
    /// The outputs; `None` where nothing is written.
    pub staged: Option<Vec<publish::Staged>>,
    /// What they are called.
    pub outputs: Vec<Output>,
}

impl Ready {
    /// Gives every output its name.
    ///
    /// # Errors
    /// [`BuildError::Push`], with what was pushed before.
    pub fn commit(self, effort: Effort<'_>, context: &Context) -> Result<Built, BuildError> {
        let Self { mut built, staged, outputs } = self;
        let Some(staged) = staged else { return Ok(built) };
        let wait = Wait { interrupted: effort.interrupted, progress: &*context.progress };
        let commit = || (staged.into_iter().try_for_each(|one| one.commit(&wait)), 0);
        if let Err(source) = effort.meter.time(Phase::Publish, commit) {
            // What is published is told in any case.
            let pushed = built.pushed.into_iter().map(|(_, one)| one).collect();
            return Err(Stopped { pushed, left: Vec::new(), source }.into());
        }
        built.published = put_where(&outputs, &built.images);
        Ok(built)
    }
}

/// Makes every output beside its final name: before anything is pushed, so that a full disk leaves nothing
/// behind that says that the build is done. The push comes next, and then renaming is all that is left.
pub fn stage(
    spec: &BuildSpec,
    effort: Effort<'_>,
    images: &[BuiltImage],
    facts: &Facts,
) -> Result<Vec<publish::Staged>, BuildError> {
    let items: Vec<_> =
        images.iter().map(|built| Item { image: &built.image, suffix: suffix(images, built) }).collect();
    let mut staged = Vec::new();
    for output in &spec.outputs {
        staged.push(output.stage(&items, (spec.epoch, spec.began), facts)?);
        effort.check()?;
    }
    Ok(staged)
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
