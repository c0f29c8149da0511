//! Pushes the images of a build to registries.

use std::collections::BTreeSet;

use super::built::BuiltImage;
use super::error::BuildError;
use crate::arch::Arch;
use crate::context::Context;
use crate::progress::Phase;
use crate::publish::PublishError;
use crate::publish::registry::{self, Pushed, Stopped};
use crate::reference::Reference;
use crate::registry::{RegistryError, Verdict};
use crate::work::Run;

/// What the image of each architecture is called in registries; of several, each by its architecture too.
///
/// # Errors
/// [`BuildError::Target`].
pub fn targets(push: &[Reference], architectures: &[Arch]) -> Result<Vec<Vec<Reference>>, BuildError> {
    let target = |target: &Reference, arch: Arch| match target.tag() {
        Some(tag) if architectures.len() > 1 => target.with_tag(&format!("{tag}-{arch}")),
        _ => Ok(target.clone()),
    };
    let all = |arch: &Arch| Ok(push.iter().map(|one| target(one, *arch)).collect::<Result<_, _>>()?);
    architectures.iter().map(all).collect()
}

/// Refuses targets that registries deny us, before what a push is of is made; nothing is left there.
///
/// # Errors
/// [`BuildError::Push`].
pub fn permitted(targets: &[Vec<Reference>], context: &Context) -> Result<(), BuildError> {
    let mut asked = BTreeSet::new();
    for target in targets.iter().flatten() {
        if !asked.insert((target.registry(), target.repository())) {
            continue;
        }
        let refused = |source: RegistryError| {
            let left = targets.iter().flatten().cloned().collect();
            Stopped { pushed: Vec::new(), left, source: PublishError::Registry(Box::new(source)) }
        };
        for (_, verdict) in
            context.registries.probe(target.registry(), target.repository()).map_err(refused)?
        {
            if let Verdict::Denied(error) = verdict {
                return Err(refused(error).into());
            }
        }
    }
    Ok(())
}

/// Pushes each image to its targets.
///
/// # Errors
/// [`BuildError::Push`].
pub fn push(
    images: &[BuiltImage],
    targets: &[Vec<Reference>],
    run: Run<'_>,
    context: &Context,
) -> Result<Vec<(Arch, Pushed)>, BuildError> {
    let targets = targets.iter().map(Vec::as_slice);
    let pairs: Vec<_> = images.iter().map(|built| &built.image).zip(targets).collect();
    // Bytes are counted as they go.
    let push = || Ok::<_, BuildError>((registry::push(&pairs, context, run)?, 0));
    let pushed = run.meter.time(Phase::Upload, push)?;
    let each = images.iter().zip(pushed);
    Ok(each.flat_map(|(built, all)| all.into_iter().map(|one| (built.arch, one))).collect())
}
