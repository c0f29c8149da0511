//! Python bytecode that Python will not use.

use std::collections::{BTreeMap, HashMap};

use super::faults::{location, together};
use crate::check::function::{FunctionFile, FunctionFiles};
use crate::check::{Check, Evidence, Fault, Group, Level, Subject};
use crate::runtime::Family;
use crate::survey::probes::bytecode::source_of;
use crate::survey::{Bytecode, Fact, Validity};

/// Bytecode that does not fit its source (PEP 552): it is compiled again at every cold start.
pub const STALE: Check = Check {
    id: "bytecode-stale",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("bytecode-stale"),
    run: stale,
};

/// Bytecode of another Python than the runtime's.
pub const PYTHON: Check = Check {
    id: "bytecode-python",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("bytecode-python"),
    run: python,
};

/// Many sources, and no bytecode.
pub const MISSING: Check = Check {
    id: "bytecode-missing",
    group: Group::Files,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("bytecode-missing"),
    run: missing,
};

/// As many sources as are worth compiling beforehand.
const MANY: usize = 100;

/// The version of the runtime's Python, such as `3.12`.
pub fn version<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let profile = subject.view.profile.as_ref().filter(|profile| profile.family == Family::Python)?;
    profile.id.strip_prefix("python")
}

struct Compiled<'a> {
    file: FunctionFile<'a>,
    bytecode: Bytecode,
    source: Option<FunctionFile<'a>>,
}

impl Compiled<'_> {
    fn is_of(&self, python: &str) -> bool {
        self.bytecode.python() == Some(python)
    }
}

/// The bytecode of a function, by the path of the source.
fn compiled<'a>(function: &FunctionFiles<'a>) -> BTreeMap<String, Vec<Compiled<'a>>> {
    let bytecode = |file: &FunctionFile<'a>| {
        let is = |fact: &Fact| match fact {
            Fact::Bytecode(bytecode) => Some(*bytecode),
            _ => None,
        };
        Some((*file, file.content.entry.facts.iter().find_map(is)?, source_of(file.path)?))
    };
    let found: Vec<_> = function.files.iter().filter_map(bytecode).collect();
    let mut compiled: BTreeMap<String, Vec<_>> = BTreeMap::new();
    if found.is_empty() {
        return compiled;
    }
    let sources = function.files.iter().filter(|file| file.path.ends_with(".py"));
    let sources: HashMap<&str, FunctionFile<'a>> = sources.map(|file| (file.path, *file)).collect();
    for (file, bytecode, path) in found {
        let source = sources.get(&*path).copied();
        compiled.entry(path).or_default().push(Compiled { file, bytecode, source });
    }
    compiled
}

fn is_stale(compiled: &Compiled<'_>) -> bool {
    let Validity::Time { mtime, size } = compiled.bytecode.validity else { return false };
    compiled.source.is_some_and(|source| {
        let entry = source.content.entry;
        // The format has the lower 32 bits of both.
        mtime != entry.mtime as u32 || size.is_some_and(|size| size != entry.size as u32)
    })
}

fn stale(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(python) = version(subject) else { return Vec::new() };
    let all = compiled(&subject.function());
    let stale = all.values().flatten().filter(|one| one.is_of(python) && is_stale(one));
    let files: Vec<_> = stale.map(|one| one.file).collect();
    let what = |subject: &str| {
        format!(
            "the bytecode of {subject} does not fit the time or size of its source: Python compiles anew at every cold start"
        )
    };
    let fix = "compile it as `python -m compileall --invalidation-mode unchecked-hash`";
    together(&files, what, fix).into_iter().collect()
}

fn python(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(python) = version(subject) else { return Vec::new() };
    let all = compiled(&subject.function());
    // Packages for several Pythons have bytecode for each.
    let foreign = all.values().filter(|each| !each.iter().any(|one| one.is_of(python)));
    let files: Vec<_> = foreign
        .flatten()
        .filter(|one| one.bytecode.python().is_some())
        .map(|one| (one.file, one.bytecode))
        .collect();
    let Some((_, first)) = files.first() else { return Vec::new() };
    let other = first.python().unwrap_or("another version");
    let files: Vec<_> = files.into_iter().map(|(file, _)| file).collect();
    let what = |subject: &str| {
        format!(
            "the bytecode of {subject} is of Python {other}, the runtime is Python {python}: it is not used"
        )
    };
    let fix = format!("compile with the runtime's Python {python}, or leave `__pycache__` out");
    together(&files, what, &fix).into_iter().collect()
}

fn missing(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(_) = version(subject) else { return Vec::new() };
    let function = subject.function();
    let all = compiled(&function);
    let sources = function.told_apart().filter(|(file, other)| *other && file.path.ends_with(".py"));
    let sources: Vec<_> = sources.map(|(file, _)| file).collect();
    if sources.len() < MANY || sources.iter().any(|file| all.contains_key(file.path)) {
        return Vec::new();
    }
    let message = format!(
        "the {} Python sources of the dependencies have no bytecode: `/var/task` is read-only, and each cold start compiles what it imports",
        sources.len()
    );
    let fix = "compile with the runtime's Python: `python -m compileall --invalidation-mode unchecked-hash`, `uv pip install --compile-bytecode`";
    sources.first().map(|first| Fault::new(location(first), message, fix)).into_iter().collect()
}
