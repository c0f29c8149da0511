//! Native modules for another Python or Node.js than the runtime's.

use std::collections::BTreeMap;

use super::bytecode::version;
use super::faults::{MOST, location};
use crate::arch::Arch;
use crate::check::function::FunctionFile;
use crate::check::wording::few;
use crate::check::{Check, Evidence, Fault, Group, Level, Subject};
use crate::runtime::Family;
use crate::survey::split;

/// Python imports no module whose file name has another tag (PEP 3149; `importlib.machinery.EXTENSION_SUFFIXES`).
pub const PYTHON: Check = Check {
    id: "python-tag",
    group: Group::Files,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("python-tag"),
    run: python,
};

/// Node.js loads no addon of another `NODE_MODULE_VERSION` (`process.dlopen`; registry of versions in its
/// repository).
pub const NODE: Check = Check {
    id: "node-abi",
    group: Group::Files,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("node-abi"),
    run: node,
};

/// Module and tag of a file that may be a native module of Python; an empty tag fits every Python 3.
fn module(path: &str) -> Option<(&str, &str)> {
    let (end, stem) = [".so", ".pyd"].iter().find_map(|end| Some((*end, path.strip_suffix(end)?)))?;
    let name = split(stem).1;
    let (first, tag) = match name.split_once('.') {
        Some((first, tag)) => (first, tag),
        None => (name, ""),
    };
    let module = &path[..stem.len() - name.len() + first.len()];
    match (end, tag) {
        (".pyd", _) => Some((module, if tag.is_empty() { "win" } else { tag })),
        (_, "" | "abi3") => Some((module, tag)),
        // `libfoo.1.so` is no module.
        (_, tag) if ["cpython-", "pypy", "graalpy", "abi3"].iter().any(|kind| tag.starts_with(kind)) => {
            Some((module, tag))
        }
        _ => None,
    }
}

/// Whether CPython of that version and architecture imports a module of that tag.
fn imports(tag: &str, python: &str, arch: Arch) -> bool {
    let number = python.replace('.', "");
    let triple = match arch {
        Arch::X86_64 => "x86_64-linux-gnu",
        Arch::Arm64 => "aarch64-linux-gnu",
    };
    // Up to 3.7, the letters of the build's kind follow: `cpython-37m`.
    let rest = tag.strip_prefix("cpython-").and_then(|rest| rest.strip_prefix(&number));
    let rest = rest.map(|rest| rest.strip_prefix('m').unwrap_or(rest));
    tag.is_empty()
        || tag == "abi3"
        || rest == Some("")
        || rest.and_then(|rest| rest.strip_prefix('-')) == Some(triple)
}

fn python(subject: &Subject<'_>) -> Vec<Fault> {
    let (Some(python), Some(arch)) = (version(subject), subject.arch()) else { return Vec::new() };
    // Python 2 has other rules.
    if python.starts_with('2') {
        return Vec::new();
    }
    let function = subject.function();
    let mut modules: BTreeMap<&str, Vec<(&str, FunctionFile<'_>)>> = BTreeMap::new();
    for file in &function.files {
        if let Some((module, tag)) = module(file.path) {
            modules.entry(module).or_default().push((tag, *file));
        }
    }
    // A package that has the same module for several Pythons, or its source, is served.
    let source = |module: &str| {
        let there = |end: &str| subject.tree.get(&format!("{module}{end}")).is_some();
        there(".py") || there("/__init__.py")
    };
    let lost = modules.iter().filter(|(module, files)| {
        files.iter().all(|(tag, _)| !imports(tag, python, arch)) && !source(module)
    });
    // One finding for each directory of packages and each tag is enough.
    let mut groups: BTreeMap<(String, &str), Vec<FunctionFile<'_>>> = BTreeMap::new();
    for (module, files) in lost {
        let Some((tag, file)) = files.first() else { continue };
        groups.entry((package(module), tag)).or_default().push(*file);
    }
    let faults = groups.into_iter().filter_map(|((_, tag), files)| {
        let first = files.first()?;
        let more = if files.len() > 1 { format!(", as {} more of the package", files.len() - 1) } else { String::new() };
        let message = format!("it is built for `{tag}`{more}: Python {python} for {arch} cannot import it");
        let fix = format!(
            "install for the runtime: in its base image, or `pip install --only-binary=:all: --python-version {python} --platform manylinux2014_{}`",
            if arch == Arch::X86_64 { "x86_64" } else { "aarch64" }
        );
        Some(Fault::new(location(first), message, fix))
    });
    faults.take(MOST).collect()
}

/// The package of a module: its first directory below where packages are installed.
fn package(module: &str) -> String {
    let dirs: Vec<_> = module.split('/').collect();
    let base = dirs.iter().rposition(|dir| {
        matches!(*dir, "site-packages" | "dist-packages" | "task" | "python" | "node_modules")
    });
    let end = base.map_or(1, |base| base + 2).min(dirs.len());
    dirs[..end].join("/")
}

/// `NODE_MODULE_VERSION` of each Node.js (`doc/abi_version_registry.json` of nodejs/node).
const NODE_ABI: [(&str, u32); 9] = [
    ("nodejs10.x", 64),
    ("nodejs12.x", 72),
    ("nodejs14.x", 83),
    ("nodejs16.x", 93),
    ("nodejs18.x", 108),
    ("nodejs20.x", 115),
    ("nodejs22.x", 127),
    ("nodejs24.x", 137),
    ("nodejs26.x", 147),
];

/// What an addon fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fits {
    /// Every Node.js: Node-API.
    All,
    /// Node.js of one ABI.
    One(u32),
}

/// What an addon says it is made for; most of the older kind say nothing.
fn fits(file: &FunctionFile<'_>) -> Option<Fits> {
    let names = &file.elf()?.addon;
    if names.iter().any(|name| name.starts_with("napi_")) {
        return Some(Fits::All);
    }
    names.iter().find_map(|name| name.strip_prefix("node_register_module_v")?.parse().ok()).map(Fits::One)
}

fn node(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(profile) = subject.view.profile.as_ref().filter(|profile| profile.family == Family::Nodejs)
    else {
        return Vec::new();
    };
    let Some((_, abi)) = NODE_ABI.iter().find(|(id, _)| *id == profile.id) else { return Vec::new() };
    let mut packages: BTreeMap<String, Vec<(FunctionFile<'_>, Fits)>> = BTreeMap::new();
    for file in subject.function().files.iter().filter(|file| file.path.ends_with(".node")) {
        if let Some(fits) = fits(file) {
            packages.entry(package_of_node(file.path)).or_default().push((*file, fits));
        }
    }
    // Packages bring addons for several versions, and take the one that fits.
    let lost = packages
        .into_values()
        .filter(|files| !files.iter().any(|(_, fits)| matches!(fits, Fits::All) || *fits == Fits::One(*abi)));
    let faults = lost.filter_map(|files| {
        let (first, _) = files.first()?;
        let built: Vec<_> = files.iter().filter_map(|(_, fits)| match fits {
            Fits::One(abi) => Some(abi.to_string()),
            Fits::All => None,
        }).collect();
        let message = format!("it is an addon for NODE_MODULE_VERSION {}, but {} has {abi}", few(&built), profile.name);
        let fix = format!("rebuild it with the runtime's Node.js: `npm rebuild` in its base image, or `npm install --target={}`", profile.id.trim_start_matches("nodejs").trim_end_matches(".x"));
        Some(Fault::new(location(first), message, fix))
    });
    faults.take(MOST).collect()
}

/// The directory of the package that a path of `node_modules` is in, else its own directory.
fn package_of_node(path: &str) -> String {
    let Some((above, rest)) = path.rsplit_once("node_modules/") else { return split(path).0.to_owned() };
    let parts = if rest.starts_with('@') { 2 } else { 1 };
    let name: Vec<_> = rest.split('/').take(parts).collect();
    format!("{above}node_modules/{}", name.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_python() {
        assert_eq!(
            module("p/m.cpython-312-x86_64-linux-gnu.so"),
            Some(("p/m", "cpython-312-x86_64-linux-gnu"))
        );
        assert_eq!(module("p/m.abi3.so"), Some(("p/m", "abi3")));
        assert_eq!(module("p/m.so"), Some(("p/m", "")));
        assert_eq!(module("p/m.cp312-win_amd64.pyd"), Some(("p/m", "cp312-win_amd64")));
        assert_eq!(module("p/libx.so.1"), None);
        assert_eq!(module("p/libx.2.so"), None);
        for tag in ["", "abi3", "cpython-312", "cpython-312-x86_64-linux-gnu"] {
            assert!(imports(tag, "3.12", Arch::X86_64), "{tag}");
        }
        for tag in [
            "cpython-311-x86_64-linux-gnu",
            "cpython-312-aarch64-linux-gnu",
            "cpython-312-darwin",
            "cpython-312-x86_64-linux-musl",
            "pypy310-pp73-x86_64-linux-gnu",
            "cpython-31",
            "win",
        ] {
            assert!(!imports(tag, "3.12", Arch::X86_64), "{tag}");
        }
        assert!(imports("cpython-37m-x86_64-linux-gnu", "3.7", Arch::X86_64));
        assert_eq!(package("var/task/numpy/core/_x"), "var/task/numpy");
    }

    #[test]
    fn packages_of_node() {
        assert_eq!(
            package_of_node("var/task/node_modules/a/node_modules/@s/b/x/y.node"),
            "var/task/node_modules/a/node_modules/@s/b"
        );
        assert_eq!(package_of_node("var/task/node_modules/b/y.node"), "var/task/node_modules/b");
        assert_eq!(package_of_node("var/task/build/y.node"), "var/task/build");
    }
}
