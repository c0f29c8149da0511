//! Whether both bases are ones for the same runtime and operating system.

use super::base::Base;
use super::error::RebaseError;
use super::proof::{Finding, Findings, Obligation};
use super::prove::language;
use super::trees::Trees;
use super::wanted::Wanted;
use crate::runtime::{Family, RuntimeProfile};
use crate::survey::Tree;
use crate::survey::probes::release::OS_RELEASE;

/// The runtime of the old base by its name, which must be the one that was asked for.
pub fn runtime(want: &Wanted, old: &Base, image: &str) -> Result<Option<RuntimeProfile>, RebaseError> {
    let found = old.runtime();
    if let (Some(found), Some(wanted)) = (&found, &want.runtime)
        && found.id != *wanted
    {
        let (image, found, wanted) = (image.to_owned(), found.id.clone(), wanted.clone());
        return Err(RebaseError::OtherRuntime { image, found, wanted });
    }
    match (found, &want.runtime) {
        (None, Some(id)) => Ok(Some(crate::runtime::profile(id)?)),
        (found, _) => Ok(found),
    }
}

/// Compares runtimes and operating systems, and returns the language. `wanted` is the runtime that was asked for. Where
/// the name of a base does not say its runtime, its files do.
pub fn prove(
    trees: &Trees<'_>,
    wanted: Option<&str>,
    (old, new): (&Base, &Base),
    found: &mut Vec<Finding>,
) -> Option<Family> {
    let mut findings = Findings::new(found, Obligation::Identity);
    let named = |base: &Base| base.runtime().map(|profile| (profile.id, profile.family));
    let (was, is) = match (named(old), named(new)) {
        (Some(was), Some(is)) => (Some(was), Some(is)),
        // Names and files of one runtime may differ: files do not tell `java17` from `java17.al2023`.
        (was, is) => (language::runtime(&trees.old_base).or(was), language::runtime(&trees.new_base).or(is)),
    };
    match (&was, &is) {
        (Some((was, _)), Some((is, _))) if was != is => {
            let message = format!("it is a base for {is}, the image is built for {was}");
            findings.refuse(new.name.clone(), message);
        }
        (Some((was, family)), None) if !language::is_compiled(*family) => {
            let message =
                format!("the image is built for {was}, and the new base does not have its language");
            findings.refuse(new.name.clone(), message);
        }
        (Some((was, _)), None) => {
            let message = format!("neither name nor files say whether it is a base for {was}");
            findings.warn(new.name.clone(), message);
        }
        (None, _) => findings.warn(
            old.name.clone(),
            "neither name nor files say which runtime it is for, so that the language cannot be compared",
        ),
        _ => {}
    }
    if let (Some((was, _)), Some(wanted)) = (&was, wanted)
        && !wanted.strip_prefix(was.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(".al"))
    {
        findings.refuse(old.name.clone(), format!("it is a base for {was}, not for {wanted}"));
    }
    let (before, after) = (release(&trees.old_base), release(&trees.new_base));
    match (before, after) {
        (Some(before), Some(after)) if before != after => {
            findings.refuse("/etc/os-release", format!("the old base is {before}, the new base {after}"));
        }
        (Some(before), None) => {
            findings.refuse(
                "/etc/os-release",
                format!("the old base is {before}, the new base does not say what it is"),
            );
        }
        (None, _) => {
            findings.warn("/etc/os-release", "the old base does not say which operating system it is")
        }
        _ => {}
    }
    was.or(is).map(|(_, family)| family)
}

/// `amzn 2023`.
fn release(tree: &Tree<'_>) -> Option<String> {
    let text = OS_RELEASE.iter().find_map(|path| tree.get(path)?.entry.text())?;
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(line.trim_matches(['"', '\'']).to_owned())
    };
    Some(format!("{} {}", value("ID").unwrap_or_default(), value("VERSION_ID")?))
}
