//! Checks an image: reads it, runs the checks and applies the policy.

use std::num::NonZeroUsize;

use super::error::ExamineError;
use super::read::read_image;
use crate::arch::Arch;
use crate::check::{BaseNow, Expectations, ImageView, Policy, Report, base, recognise};
use crate::context::Context;
use crate::digest::Digest;
use crate::key::KeyHasher;
use crate::runtime::{self, RuntimeProfile};
use crate::source::{self, ImageName, ImageRef, SourceEnv, SourceError};
use crate::survey::probes;

/// What to check for.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// The runtime, where it is not to be recognised.
    pub runtime: Option<String>,
    /// Whether to read layers that are known to be the base's, too.
    pub deep: bool,
    /// Whether to ask the registry what the tag of the base is now.
    pub ask_base: bool,
    /// What the user wants of the image.
    pub expectations: Expectations,
    /// What the user accepts.
    pub policy: Policy,
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
/// have to be fetched, unless `options.deep`.
///
/// # Errors
/// [`ExamineError`] where there is no image to judge, or its bytes cannot be had.
pub fn check(source: &ImageRef, options: &CheckOptions, at: &SourceEnv<'_>) -> Result<Checked, ExamineError> {
    let raw = source::find(source, options.expectations.arch, at)?;
    let skip = raw.is_remote && !options.deep;
    let view = read_image(source, &raw, |_, of_base| !(skip && of_base), probes::ALL, at.run)?;
    judge(source.to_string(), view, options, at.run.jobs, at.context)
}

impl CheckOptions {
    /// Adds all that it says to the key of what depends on it. Every field is named: one that is added and
    /// forgotten here does not compile.
    pub(crate) fn hash(&self, hasher: &mut KeyHasher) {
        let Self { runtime, deep, ask_base, expectations, policy } = self;
        let Expectations { arch, region, max_size, snapstart, today, base } = expectations;
        let mut field = |name: &str, value: Option<&str>| {
            hasher.field(name.as_bytes());
            hasher.update(&[u8::from(value.is_some())]);
            hasher.field(value.unwrap_or_default().as_bytes());
        };
        field("runtime", runtime.as_deref());
        field("deep", deep.then_some(""));
        field("ask_base", ask_base.then_some(""));
        field("arch", arch.map(Arch::lambda));
        field("region", region.as_deref());
        field("max_size", max_size.map(|size| size.to_string()).as_deref());
        field("snapstart", snapstart.then_some(""));
        field("today", today.map(|day| day.to_string()).as_deref());
        if let Some(BaseNow { name, built_on, now }) = base {
            field("base", Some(name));
            field("built_on", Some(&built_on.to_string()));
            field("now", Some(&now.to_string()));
        }
        let (allow, deny) = policy.names();
        allow.iter().for_each(|id| field("allow", Some(id)));
        deny.iter().for_each(|id| field("deny", Some(id)));
    }
}

/// Runs the checks.
///
/// # Errors
/// [`ExamineError`]: an unknown runtime, or a registry that does not tell what the base is now.
pub(crate) fn judge(
    name: String,
    mut view: ImageView,
    options: &CheckOptions,
    jobs: NonZeroUsize,
    context: &Context,
) -> Result<Checked, ExamineError> {
    view.profile = match &options.runtime {
        Some(id) => Some(runtime::profile(id)?),
        None => recognise(&view),
    };
    let base = if options.ask_base { base_now(&view, context)? } else { None };
    let expectations = Expectations { base, ..options.expectations.clone() };
    let report = Report::of(&view, &expectations, &options.policy, jobs);
    let layers = (view.surveys().count(), view.layers.len());
    let arch = view.config.value["architecture"].as_str().and_then(Arch::from_oci);
    let digest = view.digest();
    Ok(Checked { name, digest, arch, profile: view.profile, layers, report })
}

/// What the tag of the image's base is now, where the image says which that was.
fn base_now(view: &ImageView, context: &Context) -> Result<Option<BaseNow>, ExamineError> {
    let Some((reference, built_on)) = base(view) else { return Ok(None) };
    let arch = view.config.value["architecture"].as_str().and_then(Arch::from_oci).unwrap_or_default();
    let name = reference.to_string();
    if context.offline {
        return Err(SourceError::OfflineTag { image: ImageName::base(name) }.into());
    }
    match context.registries.image(&reference, arch) {
        Ok(found) => Ok(Some(BaseNow { name, built_on, now: found.manifest.digest })),
        Err(source) => Err(SourceError::Registry { image: ImageName::base(name), source }.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_asked_for_is_in_the_key_of_what_was_found() {
        let list = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let policy = |allow: &[&str], deny: &[&str]| CheckOptions {
            policy: Policy::new(list(allow), list(deny)).unwrap(),
            ..CheckOptions::default()
        };
        let wish = |expectations: Expectations| CheckOptions { expectations, ..CheckOptions::default() };
        let base = BaseNow { name: "a".into(), built_on: Digest::of(b"1"), now: Digest::of(b"2") };
        let other = BaseNow { now: Digest::of(b"3"), ..base.clone() };
        let all = [
            CheckOptions::default(),
            CheckOptions { runtime: Some(String::new()), ..CheckOptions::default() },
            CheckOptions { runtime: Some("python3.12".into()), ..CheckOptions::default() },
            CheckOptions { deep: true, ..CheckOptions::default() },
            CheckOptions { ask_base: true, ..CheckOptions::default() },
            wish(Expectations { arch: Some(Arch::Arm64), ..Expectations::default() }),
            wish(Expectations { region: Some("eu-west-1".into()), ..Expectations::default() }),
            wish(Expectations { max_size: Some(1), ..Expectations::default() }),
            wish(Expectations { snapstart: true, ..Expectations::default() }),
            wish(Expectations { today: crate::date::Date::new(2026, 11, 26), ..Expectations::default() }),
            wish(Expectations { base: Some(base), ..Expectations::default() }),
            wish(Expectations { base: Some(other), ..Expectations::default() }),
            policy(&["secret"], &[]),
            policy(&[], &["secret"]),
            policy(&["secret", "xattr"], &[]),
            policy(&["secret"], &["xattr"]),
        ];
        let key = |options: &CheckOptions| {
            let mut hasher = KeyHasher::default();
            options.hash(&mut hasher);
            hasher.finish()
        };
        let keys: BTreeSet<_> = all.iter().map(key).collect();
        assert_eq!(keys.len(), all.len());
        assert_eq!(keys, all.iter().map(key).collect());
    }
}
