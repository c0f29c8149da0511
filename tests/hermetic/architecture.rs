//! Modules import only downward, in the order in which `src/lib.rs` lists them, and stay small.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Levels of `src/lib.rs`: a comment `// L<n> …` opens one. Modules of one level below L5 may import
/// those above them in the list; those of L5 not each other, but for what `EXCEPTIONS` names.
fn levels() -> Vec<(String, usize)> {
    let mut level = usize::MAX;
    let mut modules = Vec::new();
    for line in fs::read_to_string("src/lib.rs").unwrap().lines() {
        if let Some(rest) = line.strip_prefix("// L") {
            level = rest.split_whitespace().next().unwrap().parse().unwrap();
        } else if let Some(name) = line.strip_prefix("pub mod ") {
            modules.push((name.trim_end_matches(';').to_owned(), level));
        }
    }
    modules
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    sources(Path::new("src"), &mut found);
    found.retain(|path| path.file_name().is_some_and(|name| name != "tests.rs"));
    found.sort();
    assert!(found.len() > 40, "the sources were not found");
    found
}

/// The code of a file before its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.split("#[cfg(test)]").next().unwrap().to_owned()
}

/// The modules that a file names behind `crate::`, in imports and in the middle of code.
fn imports(text: &str) -> Vec<String> {
    let word = |rest: &str| -> String {
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    text.match_indices("crate::").map(|(at, found)| word(&text[at + found.len()..])).collect()
}

#[test]
fn imports_point_downward() {
    let modules = levels();
    let order: BTreeMap<_, _> =
        modules.iter().enumerate().map(|(at, (name, level))| (name.as_str(), (at, *level))).collect();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in all_sources() {
        let relative = path.strip_prefix("src").unwrap();
        let top = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let own = top.trim_end_matches(".rs");
        let Some((at, level)) = order.get(own).copied() else { continue };
        for import in imports(&code(&path)) {
            seen += 1;
            let Some((other_at, other_level)) = order.get(import.as_str()).copied() else {
                panic!("{}: `crate::{import}` is no module of src/lib.rs", path.display());
            };
            let sideways = level == 5 && other_level == 5 && other_at != at;
            if other_at > at || sideways {
                wrong.push(format!("{} imports {import}", path.display()));
            }
        }
    }
    assert!(seen > 100, "only {seen} imports were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_library_knows_neither_clock_nor_environment_nor_terminal() {
    let forbidden =
        ["SystemTime", "Instant::now", "Timestamp::now", "env::var", "println!", "eprintln!", "use clap"];
    for path in all_sources() {
        if path.starts_with("src/cli") || path.ends_with("main.rs") {
            continue;
        }
        let code = code(&path);
        let text: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        // Time-outs and phases are measured, and credentials are looked for where every tool looks for them.
        let allowed: &[&str] = match path.iter().nth(1).and_then(|top| top.to_str()) {
            Some("http" | "registry" | "progress.rs") => &["Instant::now"],
            Some("credentials") => &["Instant::now", "SystemTime", "env::var"],
            // The front door finds what the program would use.
            Some("lambda" | "lambda.rs") => &["SystemTime", "env::var"],
            _ if path.ends_with("cache/user_dir.rs") => &["env::var"],
            _ => &[],
        };
        for word in forbidden.iter().filter(|word| !allowed.contains(word)) {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn files_are_short_and_do_not_unwrap() {
    for path in all_sources() {
        let lines = code(&path).lines().count();
        assert!(lines <= 300, "{} has {lines} lines before its tests", path.display());
        assert!(!code(&path).contains(".unwrap()"), "{} unwraps", path.display());
    }
}

/// The options of the program, from its reference.
fn options() -> Vec<String> {
    let reference = fs::read_to_string("docs/cli.md").unwrap();
    let word = |(at, _): (usize, &str)| {
        let rest = &reference[at..];
        rest[..rest[2..].find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap() + 2].to_owned()
    };
    let mut options: Vec<_> = reference.match_indices("--").map(word).filter(|word| word.len() > 3).collect();
    options.sort_unstable();
    options.dedup();
    assert!(options.len() > 40, "only {} options were found", options.len());
    options
}

/// What a user should type is a hint of the command line: who uses the library has neither options nor commands.
#[test]
fn the_library_names_no_option_and_no_command() {
    let options = options();
    let own = |span: &str| {
        let word = span.split([' ', '=']).next().unwrap();
        span.starts_with("lambda-img ") || options.iter().any(|option| option == word)
    };
    for path in all_sources() {
        if path.starts_with("src/cli") || path.ends_with("main.rs") {
            continue;
        }
        let text = code(&path);
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let wrong: Vec<_> = line.split('`').skip(1).step_by(2).filter(|span| own(span)).collect();
            assert!(wrong.is_empty(), "{} names {wrong:?}", path.display());
        }
    }
}
