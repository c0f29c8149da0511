//! Check: symbol versions that the image's C library must provide.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::{MOST, location};
use crate::check::function::{FunctionFile, elf};
use crate::check::wording::few;
use crate::check::{Check, Evidence, Fault, Group, Level, Subject, is_on_aws_base};
use crate::date::Date;
use crate::runtime::{self, Note, RuntimeProfile};
use crate::survey::{Kind, split};

/// The loader of glibc refuses a file that needs a symbol version which a library lacks.
pub const CHECK: Check = Check {
    id: "symbol-version",
    group: Group::Files,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("symbol-version"),
    run,
};

/// The parts of glibc. All have the version of the whole.
const GLIBC: [&str; 9] = [
    "libc.so.6",
    "libm.so.6",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// Versions that the libraries of the image have, by name of the library: all files of one name together,
/// for nothing tells which of them is loaded.
type Provided<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn provided<'a>(subject: &Subject<'a>) -> Provided<'a> {
    let mut provided = Provided::new();
    for (path, found) in subject.tree.iter() {
        // A link by which a library is found leads to a file of another name.
        let content = match found.entry.kind {
            Kind::Symlink => match subject.tree.resolve("", path) {
                crate::survey::Resolved::At(found) => found,
                _ => continue,
            },
            _ => found,
        };
        let Some(elf) = subject.tree.content(content).and_then(elf).filter(|elf| elf.whole) else { continue };
        let names = [Some(split(path).1), elf.soname.as_deref()];
        for name in names.into_iter().flatten() {
            provided.entry(name).or_default().extend(elf.defines.iter().map(String::as_str));
        }
    }
    provided
}

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(arch) = subject.arch() else { return Vec::new() };
    // A base that was not read may have a newer library of the same name, and be asked first. Of AWS's it is known
    // which glibc they have; of others nothing.
    let complete = subject.tree.is_complete();
    let provided = if complete { provided(subject) } else { Provided::new() };
    let profile = subject.view.profile.as_ref().filter(|_| !complete && is_on_aws_base(subject.view));
    let function = subject.function();
    // Many files of one package lack the same: they are one finding.
    let mut lacking: BTreeMap<Vec<String>, Vec<FunctionFile<'_>>> = BTreeMap::new();
    for file in &function.files {
        let Some(elf) = file.elf().filter(|elf| elf.machine == arch.elf_machine()) else { continue };
        let missing = elf.versions.iter().filter(|version| match provided.get(&*version.library) {
            Some(versions) if !versions.is_empty() => !versions.contains(&*version.name),
            Some(_) => false,
            None => {
                let base = profile.filter(|_| GLIBC.contains(&&*version.library));
                base.is_some_and(|base| newer(&version.name, &base.glibc))
            }
        });
        let mut missing: Vec<_> = missing.map(|version| (&version.name, &version.library)).collect();
        missing.sort_by_key(|(name, _)| std::cmp::Reverse(numbers(name)));
        if !missing.is_empty() {
            let names = missing.into_iter().map(|(name, library)| format!("{name} of {library}")).collect();
            lacking.entry(names).or_default().push(*file);
        }
    }
    let faults = lacking.into_iter().filter_map(|(names, files)| {
        let base = profile.map_or_else(
            || "the image's".to_owned(),
            |base| format!("that of {} is glibc {}", base.os.name(), base.glibc),
        );
        let what = match files.len() {
            1 => String::new(),
            count => format!("; so do {} more files", count - 1),
        };
        let message = format!(
            "it needs {}, and {base} {}{what}",
            few(&names),
            if profile.is_some() { "" } else { "libraries lack them" }
        );
        Some(Fault::new(
            location(files.first()?),
            message.trim_end().replace("  ", " ").replace(" ;", ";"),
            fix(profile, &names, subject.expectations.today),
        ))
    });
    faults.take(MOST).collect()
}

/// The numbers of `GLIBC_2.34`.
fn numbers(version: &str) -> Vec<u32> {
    let digits = version.split_once('_').map_or(version, |(_, rest)| rest);
    digits.split('.').map_while(|part| part.parse().ok()).collect()
}

/// Whether a version is of a glibc newer than `have`. `GLIBC_PRIVATE` and the like have no numbers, but
/// for the mark of relative relocations, which glibc 2.36 brought.
fn newer(version: &str, have: &str) -> bool {
    let wanted = if version == "GLIBC_ABI_DT_RELR" { vec![2, 36] } else { numbers(version) };
    version.starts_with("GLIBC_") && !wanted.is_empty() && wanted > numbers(have)
}

fn fix(profile: Option<&RuntimeProfile>, names: &[String], today: Option<Date>) -> String {
    let wanted = names.iter().filter_map(|name| name.split_whitespace().next());
    let wanted = wanted.filter(|name| name.starts_with("GLIBC_")).map(numbers).max().unwrap_or_default();
    let Some(profile) = profile else {
        return "build it on the image's own base, or take a newer base".to_owned();
    };
    let other = || {
        let mut all = runtime::all().ok()?;
        all.retain(|other| other.family == profile.family && numbers(&other.glibc) >= wanted);
        all.retain(|other| other.support.note != Some(Note::Preview));
        // The nearest: the first that has it, of those that AWS still patches.
        let is_past = |other: &RuntimeProfile| today.is_some_and(|today| other.is_past(today));
        all.into_iter().min_by_key(|other| (is_past(other), numbers(&other.glibc)))
    };
    let target = format!(
        "build it for glibc {}: in the base image, or as a wheel of manylinux_{}",
        profile.glibc,
        profile.glibc.replace('.', "_")
    );
    match other() {
        Some(other) if other.id != profile.id => {
            format!("{target}; or take a base of {} such as {}", other.os.name(), other.id)
        }
        _ => target,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_base_is_one_that_aws_stands_by() {
        let today = crate::date::Date::new(2026, 11, 26).unwrap();
        let all = runtime::all().unwrap();
        let names = ["GLIBC_2.34 of libc.so.6".to_owned()];
        for profile in all.iter().filter(|profile| profile.glibc != "2.34") {
            let told = fix(Some(profile), &names, Some(today));
            let Some((_, proposed)) = told.rsplit_once("such as ") else { continue };
            let proposed = runtime::profile(proposed).unwrap();
            assert_ne!(proposed.support.note, Some(Note::Preview), "{told}");
            let alive = all.iter().any(|other| {
                other.family == profile.family && other.glibc == "2.34" && !other.is_past(today)
            });
            assert!(!alive || !proposed.is_past(today), "{told}");
        }
        let old = runtime::profile("python3.11").unwrap();
        assert!(fix(Some(&old), &names, None).contains("Amazon Linux 2023 such as python3.1"));
    }

    #[test]
    fn versions_are_compared_by_numbers() {
        for (version, newer_than) in [
            ("GLIBC_2.34", "2.26"),
            ("GLIBC_2.10", "2.9"),
            ("GLIBC_2.3.4", "2.3"),
            ("GLIBC_ABI_DT_RELR", "2.34"),
        ] {
            assert!(newer(version, newer_than), "{version}");
        }
        for (version, have) in [
            ("GLIBC_2.34", "2.34"),
            ("GLIBC_2.2.5", "2.17"),
            ("GLIBC_PRIVATE", "2.17"),
            ("GLIBCXX_3.4.30", "2.17"),
        ] {
            assert!(!newer(version, have), "{version}");
        }
    }
}
