//! Checks: large files, copies, and caches that a function does not need.

use std::collections::BTreeMap;

use super::faults::{MOST, location};
use crate::check::function::below;
use crate::check::wording::{bytes, few};
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Fact, Kind, split};

/// Files over 100 MB.
pub const LARGE: Check = Check {
    id: "large-file",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("large-file"),
    run: large,
};

/// Large files that are in the image several times.
pub const DUPLICATE: Check = Check {
    id: "duplicate-file",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("duplicate-file"),
    run: duplicate,
};

/// Caches of package managers, histories, and tests of dependencies.
pub const DEAD: Check = Check {
    id: "dead-weight",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("dead-weight"),
    run: dead,
};

/// What one file may weigh before it is worth a word, in bytes.
const LARGE_MIN: u64 = 100_000_000;
/// What all copies of one file may waste before it is.
const WASTE_MIN: u64 = 5_000_000;
/// What a cache or a history may weigh before it is.
const CACHE_MIN: u64 = 1_000_000;
/// What the tests of all dependencies may.
const TESTS_MIN: u64 = 10_000_000;

fn large(subject: &Subject<'_>) -> Vec<Fault> {
    let function = subject.function();
    let files = function.files.iter().filter(|file| file.found.entry.kind != Kind::HardLink);
    let files = files.filter(|file| file.found.entry.size > LARGE_MIN);
    let faults = files.map(|file| {
        let message = format!("it has {}", bytes(file.found.entry.size));
        let fix = "leave it out if it is not needed, strip it (`strip --strip-unneeded`), or read it from S3 or EFS";
        Fault::new(location(file), message, fix)
    });
    faults.take(MOST).collect()
}

fn duplicate(subject: &Subject<'_>) -> Vec<Fault> {
    let mut same: BTreeMap<(u64, u32), Vec<_>> = BTreeMap::new();
    for file in subject.function().files.iter().copied() {
        for fact in &file.found.entry.facts {
            if let Fact::Checksum(sum) = fact {
                same.entry((file.found.entry.size, *sum)).or_default().push(file);
            }
        }
    }
    let mut faults = Vec::new();
    for ((size, _), files) in same.into_iter().rev() {
        let waste = size * (files.len() as u64 - 1);
        let [first, rest @ ..] = &files[..] else { continue };
        if waste < WASTE_MIN || rest.is_empty() {
            continue;
        }
        let others: Vec<_> = rest.iter().map(|file| format!("/{}", file.path)).collect();
        let message =
            format!("{} is the same file: removing duplicates saves {}", few(&others), bytes(waste));
        faults.push(Fault::new(
            location(first),
            message,
            "keep one file, and make the others symbolic links to it",
        ));
    }
    faults.truncate(MOST);
    faults
}

/// Caches of package managers: by their whole path, or by the name of a directory in the function.
const CACHES: [&str; 9] = [
    "root/.cache",
    "root/.npm",
    "root/.cargo/registry",
    "root/.m2/repository",
    "var/cache/yum",
    "var/cache/dnf",
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/local/share/.cache",
];
const OWN_CACHES: [&str; 5] = [".npm", ".cache", ".git", ".pytest_cache", ".mypy_cache"];

/// A path up to its first component that `is` so.
fn up_to(path: &str, is: impl Fn(&str) -> bool) -> Option<&str> {
    let mut end = 0;
    path.split('/').find_map(|part| {
        end += part.len() + 1;
        is(part).then(|| &path[..end - 1])
    })
}

fn dead(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut tell = |layer: usize, dir: &str, size: u64, what: &str, fix: &str| {
        let message = format!("it is {what}: removing it saves {}", bytes(size));
        faults.push(Fault::new(Location::Path(layer, dir.to_owned()), message, fix));
    };
    for cache in CACHES {
        let files = subject
            .tree
            .below(cache)
            .filter(|(_, found)| !subject.view.layers.get(found.layer).is_some_and(|layer| layer.of_base));
        let files: Vec<_> = files.collect();
        let size = files.iter().map(|(_, found)| found.entry.size).sum();
        if let Some((_, first)) = files.first().filter(|_| size >= CACHE_MIN) {
            let fix = "clean it in the same step that fills it: `pip install --no-cache-dir`, `npm cache clean \
                       --force`, `dnf clean all`";
            tell(first.layer, cache, size, "the cache of a package manager", fix);
        }
    }
    let function = subject.function();
    let mut dirs: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    let mut tests: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    let mut last = ("", None, None);
    for (file, is_dependency) in function.told_apart() {
        let size = file.found.entry.size;
        // Most files follow one of the same directory.
        let (above, _) = split(file.path);
        if last.0 != above {
            let own = |part: &str| OWN_CACHES.contains(&part);
            let test = |part: &str| matches!(part, "tests" | "test" | "testing_data" | "testdata");
            last = (above, up_to(above, own), up_to(above, test));
        }
        if let Some(dir) = last.1 {
            dirs.entry(dir).or_insert((file.found.layer, 0)).1 += size;
        } else if let Some(dir) = last.2.filter(|_| is_dependency) {
            tests.entry(dir).or_insert((file.found.layer, 0)).1 += size;
        }
    }
    for (dir, (layer, size)) in dirs.into_iter().filter(|(_, (_, size))| *size >= CACHE_MIN) {
        let git = dir.ends_with(".git") || below(dir, ".git").is_some();
        let what = if git { "the history of a repository" } else { "the cache of a tool" };
        tell(layer, dir, size, what, "leave it out: list it in `.dockerignore`, or exclude it");
    }
    let size: u64 = tests.values().map(|(_, size)| size).sum();
    let mut largest: Vec<_> = tests.into_iter().collect();
    largest.sort_by_key(|(dir, (_, size))| (std::cmp::Reverse(*size), *dir));
    if let Some((first, (layer, _))) = largest.first().filter(|_| size >= TESTS_MIN) {
        let names: Vec<_> = largest.iter().map(|(dir, _)| format!("/{dir}")).collect();
        let what = format!("part of the tests of dependencies ({})", few(&names));
        tell(*layer, first, size, &what, "remove them before the build, if nothing imports them");
    }
    faults
}
