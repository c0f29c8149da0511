//! From an image, wherever it is, to what is wrong with it.

use super::BuiltImage;
use super::error::BuildError;
use super::see::{Surveys, see, see_image};
use crate::arch::Arch;
use crate::base::raw;
use crate::base::{BaseError, BaseRef, Workplace};
use crate::check::{Accepted, BaseNow, Report, Seen, Wishes, base, recognise};
use crate::context::Context;
use crate::digest::Digest;
use crate::pack::Effort;
use crate::runtime::{self, RuntimeProfile};
use crate::survey::probes;

/// What to check for.
#[derive(Clone, Debug, Default)]
pub struct Checking {
    /// The runtime, where it is not to be recognised.
    pub runtime: Option<String>,
    /// Whether to read layers that are known to be the base's, too.
    pub deep: bool,
    /// Whether to ask the registry what the tag of the base is now.
    pub ask_base: bool,
    /// What the user wants of the image.
    pub wishes: Wishes,
    /// What the user accepts.
    pub accepted: Accepted,
}

/// What was checked, and what was found.
#[derive(Debug)]
pub struct Checked {
    /// The name of the image.
    pub name: String,
    /// Digest of its manifest, where it has one.
    pub digest: Option<Digest>,
    /// The architecture that it is for.
    pub arch: Option<Arch>,
    /// Its runtime, named or recognised.
    pub profile: Option<RuntimeProfile>,
    /// How many layers were read, and how many there are.
    pub layers: (usize, usize),
    /// What was found.
    pub report: Report,
}

/// Checks the image that `source` names: layers that are known to be a base's are left alone where they would
/// have to be fetched, unless `checking.deep`.
///
/// # Errors
/// [`BuildError`] where there is no image to judge, or its bytes cannot be had.
pub fn check(source: &BaseRef, checking: &Checking, at: &Workplace<'_>) -> Result<Checked, BuildError> {
    let raw = raw::raw(source, checking.wishes.arch, at)?;
    let skip = raw.reference.is_some() && !checking.deep;
    let seen = see(source, &raw, |_, of_base| !(skip && of_base), probes::ALL, at.effort)?;
    judge(source.to_string(), seen, checking, at.context)
}

/// Checks images that were built, before anybody sees them: the layers made here, each read once; those of
/// the base only where `checking.deep`.
///
/// # Errors
/// [`BuildError::Denied`], and those of reading.
pub fn built(
    images: &[BuiltImage],
    checking: &Checking,
    effort: Effort<'_>,
    context: &Context,
) -> Result<Vec<Checked>, BuildError> {
    let mut known = Surveys::new();
    let check = |built: &BuiltImage| {
        let skip = if checking.deep { 0 } else { built.base_layers };
        let seen = see_image(&built.base, &built.image, built.base_layers, skip, &mut known, effort)?;
        judge(format!("image for {}", built.arch), seen, checking, context)
    };
    accepted(images.iter().map(check).collect::<Result<_, _>>()?)
}

fn accepted(checked: Vec<Checked>) -> Result<Vec<Checked>, BuildError> {
    let denied = checked.iter().any(|one| one.report.denied().next().is_some());
    if denied { Err(BuildError::Denied(checked)) } else { Ok(checked) }
}

/// Runs the checks.
fn judge(
    name: String,
    mut seen: Seen,
    checking: &Checking,
    context: &Context,
) -> Result<Checked, BuildError> {
    seen.profile = match &checking.runtime {
        Some(id) => Some(runtime::profile(id)?),
        None => recognise(&seen),
    };
    let base = if checking.ask_base { base_now(&seen, context)? } else { None };
    let wishes = Wishes { base, ..checking.wishes.clone() };
    let report = Report::of(&seen, &wishes, &checking.accepted);
    let layers = (seen.surveys().count(), seen.layers.len());
    let arch = seen.config.value["architecture"].as_str().and_then(Arch::from_oci);
    let digest = seen.manifest.as_ref().map(|manifest| Digest::of(&manifest.bytes));
    Ok(Checked { name, digest, arch, profile: seen.profile, layers, report })
}

/// What the tag of the image's base is now, where the image says which that was.
fn base_now(seen: &Seen, context: &Context) -> Result<Option<BaseNow>, BuildError> {
    let Some((reference, built_on)) = base(seen) else { return Ok(None) };
    let arch = seen.config.value["architecture"].as_str().and_then(Arch::from_oci).unwrap_or_default();
    let name = reference.to_string();
    if context.offline {
        return Err(BaseError::OfflineTag { base: name }.into());
    }
    match context.registries.image(&reference, arch) {
        Ok(found) => Ok(Some(BaseNow { name, built_on, now: found.manifest.digest })),
        Err(source) => Err(BaseError::Registry { base: name, source }.into()),
    }
}
