//! Messages of errors and their hints stand in known places, and docs/reference/messages.md lists all of them.

mod errors;
mod hints;
mod page;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use errors::Message;

/// The sources of the crate, without those of tests.
fn sources() -> Vec<PathBuf> {
    let (mut found, mut ahead) = (Vec::new(), vec![PathBuf::from("src")]);
    while let Some(dir) = ahead.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn parsed(path: &Path) -> syn::File {
    syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether errors of the library may be in this file: `error.rs`, `…_error.rs`, a folder `error`, or a module that is
/// one file.
fn is_for_errors(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let is_alone = path.parent() == Some(Path::new("src")) && !["lib", "main"].contains(&name);
    is_alone
        || name == "error"
        || name.ends_with("_error")
        || path.parent().is_some_and(|dir| dir.ends_with("error"))
}

/// What the sources have.
struct Found {
    /// The messages of the error types of each file.
    of_types: Vec<(PathBuf, Vec<Message>)>,
    /// The variants of error types.
    variants: Vec<(String, Option<String>)>,
    /// From `Type::Variant` to its hints.
    hints: BTreeMap<String, Vec<String>>,
    /// The messages of functions that make errors of usage.
    of_usage: Vec<Message>,
}

static FOUND: LazyLock<Found> = LazyLock::new(|| {
    let hints = hints::hints(Path::new("src/cli/show/hints"));
    let mut found = Found { of_types: Vec::new(), variants: Vec::new(), hints, of_usage: Vec::new() };
    for path in sources() {
        let file = parsed(&path);
        found.variants.extend(errors::variants(&file));
        if path.starts_with("src/cli/show/usage") {
            found.of_usage.extend(errors::of_functions(&path, &file));
        }
        found.of_types.push((path.clone(), errors::of_types(&path, &file)));
    }
    found
});

/// All messages, those of the library first, with the hints of each.
fn messages() -> Vec<Message> {
    let mut all: Vec<_> = FOUND.of_types.iter().flat_map(|(_, messages)| messages.iter().cloned()).collect();
    for message in &mut all {
        message.hints.extend(FOUND.hints.get(&message.name).into_iter().flatten().cloned());
    }
    // Hints of a variant that passes on a message are hints of that message, where it has none.
    for (name, inner) in &FOUND.variants {
        let (Some(inner), Some(hints)) = (inner, FOUND.hints.get(name)) else { continue };
        let is_inner = |message: &&mut Message| message.name.split("::").next() == Some(inner);
        for message in all.iter_mut().filter(is_inner).filter(|message| message.hints.is_empty()) {
            message.hints.extend(hints.iter().cloned());
        }
    }
    all.extend(FOUND.of_usage.iter().cloned());
    all
}

#[test]
fn errors_have_their_messages_in_files_for_errors() {
    let mut seen = 0;
    for (path, found) in &FOUND.of_types {
        seen += found.len();
        let names: Vec<_> = found.iter().map(|message| &message.name).collect();
        assert!(names.is_empty() || is_for_errors(path), "{}: move {names:?} to an error.rs", path.display());
    }
    assert!(seen > 120, "only {seen} messages were found");
}

#[test]
fn errors_of_usage_and_hints_have_files_of_their_own() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let is_of_usage = path.starts_with("src/cli/show/usage") || path.ends_with("show/error.rs");
        assert!(
            is_of_usage || !code.contains("CliError::Usage { error"),
            "{}: write it in show::usage",
            path.display()
        );
        let is_of_hints = path.ends_with("show/render.rs") || path.ends_with("cli/mod.rs");
        assert!(is_of_hints || !code.contains("\"hint: "), "{}: has a hint", path.display());
    }
}

#[test]
fn every_error_of_usage_has_a_hint() {
    let usage = &FOUND.of_usage;
    assert!(usage.len() > 45, "only {} errors of usage were found", usage.len());
    let without: Vec<_> = usage.iter().filter(|one| one.hints.is_empty()).map(|one| &one.name).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn every_hint_belongs_to_a_message() {
    let known: BTreeSet<_> = FOUND.variants.iter().map(|(name, _)| name).collect();
    let types: BTreeSet<_> = known.iter().filter_map(|name| name.split("::").next()).collect();
    let is_of_error = |name: &&String| name.split("::").next().is_some_and(|kind| types.contains(kind));
    let of_errors: Vec<_> = FOUND.hints.keys().filter(is_of_error).collect();
    assert!(of_errors.len() > 50, "only {of_errors:?} have hints");
    let lost: Vec<_> = of_errors.into_iter().filter(|name| !known.contains(name)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn the_page_of_messages_lists_them() {
    let text = page::page(&messages());
    let path = "docs/reference/messages.md";
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(path, &text).unwrap();
    }
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(there == text, "run UPDATE_GOLDENS=1 cargo test --test hermetic messages");
}
