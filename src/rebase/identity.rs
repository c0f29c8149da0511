//! Whether both bases are ones for the same runtime and operating system.

use super::bases::Base;
use super::error::RebaseError;
use super::plan::Wanted;
use super::proof::{Finding, Findings, Obligation};
use super::trees::Trees;
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

/// Compares runtimes and operating systems, and returns the language.
pub fn prove(trees: &Trees<'_>, old: &Base, new: &Base, found: &mut Vec<Finding>) -> Option<Family> {
    let mut findings = Findings::new(found, Obligation::Identity);
    let (was, is) = (old.runtime(), new.runtime());
    match (&was, &is) {
        (Some(was), Some(is)) if was.id != is.id => {
            findings.refuse(
                new.name.clone(),
                format!("it is a base for {}, the image is built for {}", is.id, was.id),
            );
        }
        (Some(was), None) => {
            findings
                .warn(new.name.clone(), format!("its name does not say whether it is a base for {}", was.id));
        }
        _ => {}
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
    was.or(is).map(|profile| profile.family)
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
