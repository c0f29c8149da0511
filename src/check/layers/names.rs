//! Check: the path of an entry is absolute, or has `..` or an empty part.

use super::faults::capped;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::tree::shortened;

/// Absolute paths, `..` and empty parts: every extractor has an answer of its own.
pub const CHECK: Check = Check {
    id: "entry-path",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("entry-path"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let fix = "pack with relative names: `tar -C DIR -cf layer.tar NAME`";
    let odd = |path: &str| {
        let path = path.strip_suffix('/').unwrap_or(path);
        let path = path.strip_prefix("./").unwrap_or(path);
        path.starts_with('/') || path.split('/').any(|part| part == ".." || part.is_empty())
    };
    let faults = subject.surveys().flat_map(|(layer, survey)| {
        let such = survey
            .entries
            .iter()
            .filter(|entry| !["", "/", "./", "."].contains(&&*entry.path) && odd(&entry.path));
        let fault = |entry: &crate::survey::Entry| {
            let message = format!(
                "its name in layer {layer} is `{}`, which is not a normalised relative path",
                shortened(&entry.path).escape_debug()
            );
            Fault::new(Location::Path(layer, entry.name().to_owned()), message, fix)
        };
        capped(layer, such, fault)
    });
    faults.collect()
}
