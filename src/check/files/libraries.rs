//! Shared libraries that are nowhere in the image.

use std::collections::{BTreeMap, HashSet};

use super::MOST;
use super::versions::is_aws;
use crate::check::function::{File, Function, elf, few};
use crate::check::{Check, Fault, Grade, Group, Level, Place, Subject};
use crate::survey::split;

/// The loader finds no library of that name. Level warn: a plug-in that nobody loads may lack what it needs.
pub const CHECK: Check = Check {
    id: "library-missing",
    group: Group::Files,
    level: Level::Warn,
    grade: Grade::I,
    says: None,
    page: page!("library-missing"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let complete = subject.tree.is_complete();
    // Of a base that was not read one thing is known: AWS's have glibc, and no libraries of musl.
    let is_glibc = is_aws(subject) && subject.seen.profile.is_some();
    if !(complete || is_glibc) {
        return Vec::new();
    }
    let arch = subject.arch();
    let function = Function::of(subject);
    let wanted: HashSet<_> = function
        .files
        .iter()
        .filter_map(File::elf)
        .flat_map(|elf| &elf.needed)
        .map(|name| split(name).1)
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    // Where a library is does not matter: what loads it may have loaded it before by its path.
    let mut there = HashSet::new();
    for (path, found) in subject.tree.iter() {
        let names = [Some(split(path).1), elf(found).and_then(|elf| elf.soname.as_deref())];
        there.extend(names.into_iter().flatten().filter(|name| wanted.contains(name)));
    }
    let mut lacking: BTreeMap<&str, Vec<File<'_>>> = BTreeMap::new();
    for file in &function.files {
        let Some(elf) = file.elf() else { continue };
        // Packages bring builds for musl beside those for glibc, and take the one that fits.
        if arch.is_some_and(|arch| arch.elf_machine() != elf.machine) || split(file.path).1.contains("musl") {
            continue;
        }
        let known = |name: &&String| complete || name.contains("musl");
        let missing = elf.needed.iter().filter(known).filter(|name| !there.contains(split(name).1));
        missing.for_each(|name| lacking.entry(name).or_default().push(*file));
    }
    let faults = lacking.into_iter().filter_map(|(library, files)| {
        let first = files.first()?;
        let others: Vec<_> = files.iter().skip(1).map(|file| format!("/{}", file.path)).collect();
        let too = if others.is_empty() { String::new() } else { format!("; {} too", few(&others)) };
        let fix = if library.contains("musl") {
            "install the build for glibc: this one is for Alpine Linux"
        } else {
            "copy the library to `/var/task/lib` or `/opt/lib`, or install it in the base"
        };
        let message = format!("it needs the library `{library}`, which is not in the image{too}");
        Some(Fault::new(Place::Path(first.found.layer, first.path.to_owned()), message, fix))
    });
    faults.take(MOST).collect()
}
