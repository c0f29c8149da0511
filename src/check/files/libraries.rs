//! Checks: shared libraries that are missing from the image.

use std::collections::{BTreeMap, HashSet};

use super::faults::MOST;
use crate::check::function::{FunctionFile, elf};
use crate::check::wording::few;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject, is_on_aws_base};
use crate::survey::split;

/// The loader finds no library of that name. Level warn: a plug-in that is never loaded may lack its libraries.
pub const CHECK: Check = Check {
    id: "library-missing",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("library-missing"),
    run,
};

/// Systems and C libraries, as packages name the builds that they bring for each of them.
const OTHERS: [&str; 16] = [
    "aix",
    "android",
    "darwin",
    "freebsd",
    "linuxmusl",
    "macos",
    "musl",
    "musleabi",
    "musleabihf",
    "netbsd",
    "openbsd",
    "osx",
    "sunos",
    "win",
    "win32",
    "windows",
];

/// Machines, in the same form.
const MACHINES: [&str; 9] = ["x64", "amd64", "arm64", "aarch64", "arm", "armv7", "ia32", "x86", "universal"];

/// Whether a path says that a file is a build for another system than Lambda's: the loaders of packages choose by
/// these names (`prebuilds/android-arm64` and `node.napi.musl.node` of node-gyp-build, `linux-x64-musl` of
/// napi-rs, `linuxmusl-x64` of sharp, `runtimes/linux-musl-x64` of NuGet), and nothing loads it.
fn is_for_another(path: &str) -> bool {
    // `x86_64` is one word.
    let path = path.to_ascii_lowercase().replace("x86_64", "x64");
    let (dirs, name) = split(&path);
    let has = |part: &str, list: &[&str]| {
        part.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| list.contains(&word))
    };
    // A directory that only has such a name, as `android` in an own library, is not one of theirs.
    has(name, &OTHERS) || dirs.split('/').any(|dir| has(dir, &OTHERS) && has(dir, &MACHINES))
}

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let complete = subject.tree.is_complete();
    // Of a base that was not read one thing is known: AWS's have glibc, and no libraries of musl.
    if !(complete || is_on_aws_base(subject.view)) {
        return Vec::new();
    }
    let arch = subject.arch();
    let function = subject.function();
    let wanted: HashSet<_> = function
        .files
        .iter()
        .filter_map(FunctionFile::elf)
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
    let mut lacking: BTreeMap<&str, Vec<FunctionFile<'_>>> = BTreeMap::new();
    for file in &function.files {
        let Some(elf) = file.elf() else { continue };
        if arch.is_some_and(|arch| arch.elf_machine() != elf.machine) || is_for_another(file.path) {
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
        Some(Fault::new(Location::Path(first.found.layer, first.path.to_owned()), message, fix))
    });
    faults.take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_for_other_systems_are_known_by_their_names() {
        for path in [
            "node_modules/x/prebuilds/android-arm64/node.napi.armv8.node",
            "node_modules/x/prebuilds/freebsd-x64/x.node",
            "node_modules/x/prebuilds/linux-x64/node.napi.musl.node",
            "node_modules/@img/sharp-linuxmusl-x64/lib/sharp-linuxmusl-x64.node",
            "node_modules/@img/sharp-libvips-linuxmusl-x64/lib/libvips-cpp.so.42",
            "node_modules/@napi-rs/canvas-linux-x64-musl/skia.linux-x64-musl.node",
            "runtimes/linux-musl-x64/native/libe_sqlite3.so",
            "m.cpython-312-x86_64-linux-musl.so",
            "addons/x86_64-unknown-linux-musl/x.node",
        ] {
            assert!(is_for_another(path), "{path}");
        }
        for path in [
            "node_modules/x/build/Release/x.node",
            "node_modules/x/prebuilds/linux-x64/node.napi.glibc.node",
            "node_modules/@img/sharp-linux-x64/lib/sharp-linux-x64.node",
            "android/libx.so",
            "lib/musl/x.so",
        ] {
            assert!(!is_for_another(path), "{path}");
        }
    }
}
