//! Check: files that Lambda's user cannot read.

use std::collections::BTreeSet;

use super::faults::MOST;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Kind, LayerEntry, ancestors};

/// R9: the function runs as a user without privileges, who must be able to read all files (developer guide,
/// "Creating images").
pub const CHECK: Check = Check {
    id: "unreadable",
    group: Group::Files,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("Error: We currently do not have sufficient capacity in the region you requested."),
    page: page!("unreadable"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let function = subject.function();
    let mut faults = Vec::new();
    let mut told = BTreeSet::new();
    let mut tell = |found: LayerEntry<'_>, what: &str| {
        if told.insert(found.entry.name().to_owned()) {
            let message =
                format!("it is a {what} of mode {:04o}: Lambda's user may not read it", found.entry.mode);
            let fix = "make everything readable: `chmod -R a+rX` before it is packed, or `COPY --chmod=755`";
            faults.push(Fault::new(Location::Path(found.layer, found.entry.name().to_owned()), message, fix));
        }
    };
    let closed = |found: LayerEntry<'_>| found.entry.mode & 0o005 != 0o005;
    let shut = |found: &LayerEntry<'_>| found.entry.mode & 0o001 == 0;
    let some_shut = subject.tree.iter().any(|(_, found)| found.entry.kind != Kind::File && shut(&found));
    let above = |path: &str| {
        // Nearly always nothing is, and nothing need be looked for.
        let dirs = ancestors(path).take_while(|_| some_shut);
        dirs.filter_map(|dir| subject.tree.get(dir)).find(shut)
    };
    for (path, found) in &function.dirs {
        match above(path) {
            Some(dir) => tell(dir, "directory"),
            None if closed(*found) => tell(*found, "directory"),
            None => {}
        }
    }
    for file in &function.files {
        match above(file.path) {
            Some(dir) => tell(dir, "directory"),
            None if file.content.entry.mode & 0o004 == 0 => tell(file.content, "file"),
            None => {}
        }
    }
    let more = faults.len().saturating_sub(MOST);
    faults.truncate(MOST);
    if let Some(last) = faults.last_mut()
        && more > 0
    {
        last.message += &format!("; so it is with {more} more");
    }
    faults
}
