//! Copies a pinned base into a repository of one's own, without changing a byte of its manifest.

use super::error::{BuildError, OtherCopy};
use crate::image::Image;
use crate::publish::PublishError;
use crate::publish::registry::{self, Pushed};
use crate::reference::Reference;
use crate::registry::RegistryError;
use crate::source::pins::Pin;
use crate::source::{self, ImageName, ImageRef, SourceEnv, SourceError};
use crate::work::abandonable;

/// The hexadecimal digits of the digest that are part of a tag.
const DIGITS: usize = 12;

/// Copies the image of a pin into `repository`, which has neither tag nor digest, under its [`copy_tag`]. If the
/// repository has the image, its own registry is not asked. Layers of the same registry are mounted, others stream
/// through memory and are verified on the way. A tag that is there is never moved.
///
/// # Errors
/// [`BuildError::CopyTag`], [`BuildError::Base`], also [`SourceError::Withdrawn`], and [`BuildError::Push`].
pub fn sync_base(pin: &Pin, repository: &Reference, at: &SourceEnv<'_>) -> Result<Pushed, BuildError> {
    let target = repository.with_tag(&copy_tag(pin))?;
    check_tag(pin, &target, at)?;
    let image = image(pin, repository, at)?;
    let mut pushed = registry::push(&[(&image, &[target])], at.context, at.run)?.into_iter().flatten();
    // One target was pushed to.
    pushed.next().ok_or(BuildError::Base(SourceError::NotASource { name: pin.reference.to_string() }))
}

/// The tag of a copy. It contains a part of the digest, so that it never moves: the tags of the repository can be
/// immutable.
pub fn copy_tag(pin: &Pin) -> String {
    let hex = pin.digest.hex();
    format!("base-{}-{}-{}", pin.runtime, pin.arch, hex.get(..DIGITS).unwrap_or(&hex))
}

/// Fails if the tag of the copy is there and names something else. Before anything is sent: a repository with mutable tags
/// would move it.
fn check_tag(pin: &Pin, target: &Reference, at: &SourceEnv<'_>) -> Result<(), BuildError> {
    let (asked, context) = (target.clone(), at.context.clone());
    let found = abandonable("fetch", at.run.interrupted, move || context.registries.tagged(&asked))?;
    match found.map_err(|error| PublishError::Registry(Box::new(error)))? {
        Some(theirs) if theirs != pin.digest => Err(BuildError::CopyTag(Box::new(OtherCopy {
            reference: target.clone(),
            ours: pin.digest,
            theirs,
        }))),
        _ => Ok(()),
    }
}

/// The image of the pin: from the repository, if it has it, otherwise from its own registry.
fn image(pin: &Pin, repository: &Reference, at: &SourceEnv<'_>) -> Result<Image, BuildError> {
    let (copy, context) = (repository.with_digest(pin.digest), at.context.clone());
    let (asked, own) = (copy.clone(), pin.reference.with_digest(pin.digest));
    let found = abandonable("fetch", at.run.interrupted, move || context.registries.manifest(&asked))?;
    let from = match found {
        Ok(_) => copy,
        Err(RegistryError::NotFound { .. }) => own,
        Err(error) => return Err(PublishError::Registry(Box::new(error)).into()),
    };
    let name = ImageName::base(&pin.reference);
    let image =
        source::source(&ImageRef::Registry(from), Some(pin.arch), at).map_err(|error| match error {
            SourceError::Registry { source: source @ RegistryError::NotFound { .. }, .. } => {
                SourceError::Withdrawn { image: name.clone(), digest: pin.digest, source: Box::new(source) }
            }
            error => error,
        })?;
    let (expected, found) = (pin.config, image.config.digest());
    if expected == found {
        Ok(image)
    } else {
        Err(SourceError::PinnedConfig { image: name, expected, found }.into())
    }
}
