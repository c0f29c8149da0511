//! Pushes the images of a build to registries.

use std::cell::OnceCell;
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

/// Whether registries let us push to targets, asked once and before what a push is of is made.
pub struct Permit<'a> {
    targets: &'a [Vec<Reference>],
    context: &'a Context,
    given: OnceCell<()>,
}

impl<'a> Permit<'a> {
    /// For these targets.
    pub fn new(targets: &'a [Vec<Reference>], context: &'a Context) -> Self {
        Self { targets, context, given: OnceCell::new() }
    }

    /// Refuses what a registry denies; nothing is left there.
    ///
    /// # Errors
    /// [`BuildError::Push`].
    pub fn ask(&self) -> Result<(), BuildError> {
        if self.given.get().is_some() {
            return Ok(());
        }
        let mut asked = BTreeSet::new();
        for target in self.targets.iter().flatten() {
            if !asked.insert((target.registry(), target.repository())) {
                continue;
            }
            let refused = |source: RegistryError| {
                let left = self.targets.iter().flatten().cloned().collect();
                Stopped { pushed: Vec::new(), left, source: PublishError::Registry(Box::new(source)) }
            };
            let registries = &self.context.registries;
            let verdicts = registries.probe(target.registry(), target.repository()).map_err(refused)?;
            if let Some(error) = verdicts.into_iter().find_map(|(_, verdict)| denied(verdict)) {
                return Err(refused(error).into());
            }
        }
        let _ = self.given.set(());
        Ok(())
    }
}

fn denied(verdict: Verdict) -> Option<RegistryError> {
    match verdict {
        Verdict::Denied(error) => Some(error),
        _ => None,
    }
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
