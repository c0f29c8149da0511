//! What comments and documents cite is in the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the repository that comments and documents speak of.
const FOLDERS: [&str; 11] = [
    ".ci",
    ".github",
    "base-manifests",
    "benches",
    "docs",
    "examples",
    "fuzz",
    "packaging",
    "src",
    "templates",
    "tests",
];

/// What looks like a file of the repository and is not: a user's handler, a folder of Gradle's, what the fuzzers write.
const ELSEWHERE: [&str; 3] = ["src/app.handler", "src/main/resources", "fuzz/artifacts"];

/// Words that stand for others.
const PLACEHOLDERS: [&str; 2] = ["COMMAND", "NAME"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder, those of a build left out.
fn below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("target") || path.ends_with("node_modules") => {}
            true => below(&path, found),
            false => found.push(path),
        }
    }
}

fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        below(&root().join(folder), &mut found);
    }
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "build.rs", "Cargo.toml"] {
        found.push(root().join(name));
    }
    // What a sample function or project says of itself is not about this repository.
    let is_sample = |path: &Path| {
        path.components().any(|part| ["examples", "projects"].map(AsRef::as_ref).contains(&part.as_os_str()))
    };
    found.retain(|path| !is_sample(path));
    found.sort();
    found
}

/// The lines of a file that are read by people: comments, and the text of documents outside of examples.
fn prose(path: &Path, text: &str) -> Vec<String> {
    let name = path.file_name().unwrap().to_string_lossy();
    let comment = match name.rsplit_once('.') {
        Some((_, "md")) => return outside_of_examples(text),
        Some((_, "rs")) => "//",
        Some((_, "toml" | "yml")) | None => "#",
        _ => return Vec::new(),
    };
    text.lines().filter(|line| line.trim_start().starts_with(comment)).map(str::to_owned).collect()
}

fn outside_of_examples(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.trim_start().starts_with("```") {
            true => inside = !inside,
            false if !inside => lines.push(line.to_owned()),
            false => {}
        }
    }
    lines
}

/// The names in a line that look like files of the repository.
fn cited(line: &str) -> Vec<&str> {
    let of_a_path = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    let mut names = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find(of_a_path) {
        let before = &rest[..start];
        let long = rest[start..].find(|letter| !of_a_path(letter)).unwrap_or(rest.len() - start);
        let (name, after) = rest[start..].split_at(long);
        rest = after;
        // Addresses, variables, and the beginnings of names.
        let other = before.ends_with([':', '$', '<', '@', '>']) || after.starts_with(['…', '<', '*', '{']);
        let name = name.trim_end_matches(['.', '/']);
        let looks = name.split_once('/').is_some_and(|(folder, _)| FOLDERS.contains(&folder))
            || name.len() > ".md".len() && name.ends_with(".md");
        if looks
            && !other
            && !ELSEWHERE.contains(&name)
            && !PLACEHOLDERS.iter().any(|word| name.contains(word))
        {
            names.push(name);
        }
    }
    names
}

/// Whether a file is there, by its path from the root, from the citing file or from the documents.
fn is_there(name: &str, citing: &Path) -> bool {
    let from = [root().to_owned(), citing.parent().unwrap().to_owned(), root().join("docs")];
    from.iter().any(|from| from.join(name).exists())
}

fn missing(path: &Path, text: &str) -> Vec<String> {
    let lines = prose(path, text);
    let names = lines.iter().flat_map(|line| cited(line));
    names.filter(|name| !is_there(name, path)).map(str::to_owned).collect()
}

#[test]
fn what_is_cited_is_there() {
    let mut wrong = Vec::new();
    let files = files();
    assert!(files.len() > 400, "{} files were found", files.len());
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        let shown = path.strip_prefix(root()).unwrap().display();
        wrong.extend(missing(&path, &text).iter().map(|name| format!("{shown}: {name}")));
    }
    assert!(wrong.is_empty(), "cited, and not in the repository:\n{}", wrong.join("\n"));
}

#[test]
fn what_is_missing_is_seen() {
    let source = root().join("src/lib.rs");
    let seen = |text: &str| missing(&source, text);
    assert_eq!(seen("//! As `lambda-and-ecr.md` says (crates.md, roots)."), ["crates.md"]);
    assert_eq!(seen("    /// See tests/no/such.rs and tests/hermetic/citations.rs."), ["tests/no/such.rs"]);
    assert_eq!(seen("let path = \"src/none.rs\"; // code"), [""; 0]);
    assert_eq!(seen("/// https://example.org/docs/page.md, `docs/schemas/base-….json`"), [""; 0]);
    let page = root().join("docs/checks/README.md");
    assert_eq!(missing(&page, "[a](../none.md), [b](../faq.md)\n```\ndocs/none.md\n```\n"), ["../none.md"]);
}
