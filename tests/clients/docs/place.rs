//! Where the project is: one line of `Cargo.toml`. What documents, templates and packages tell to install is there, or
//! is made from a clone as long as there is no such place.

use std::fs;
use std::path::PathBuf;

use super::repository;

/// What could tell a reader to install: of the repository's files those that are for other people.
fn told() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut ahead: Vec<_> =
        ["docs", "examples", "templates", "npm", "packaging", ".github"].map(repository).into();
    ahead.extend(
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "action.yml"].map(repository),
    );
    while let Some(path) = ahead.pop() {
        let made = ["build", "node_modules"].iter().any(|name| path.file_name() == Some(name.as_ref()));
        if path.is_dir() && !made {
            ahead.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            found.push((path, text));
        }
    }
    assert!(found.len() > 60, "{}", found.len());
    found
}

/// The package that the words after a manager of packages tell to install.
fn package<'a>(words: &[&'a str]) -> Option<&'a str> {
    let managers = ["pip", "pip3", "npm", "npx", "cargo"];
    let at = words.iter().position(|word| managers.contains(word))?;
    let rest = words[at + 1..].iter().filter(|word| **word != "install");
    rest.copied().take_while(|word| *word != "--path").find(|word| !word.starts_with('-'))
}

/// Why a line tells to install what is not at `place`.
fn wrong(line: &str, place: Option<&str>) -> Option<&'static str> {
    let words: Vec<_> = line.split(['`', '"', ' ']).filter(|word| !word.is_empty()).collect();
    let action = words.iter().find(|word| word.contains("/lambda-img@"));
    let there = |action: &str| {
        let action = action.strip_suffix(&format!("@v{}", env!("CARGO_PKG_VERSION")));
        action.is_some_and(|name| place.is_some_and(|place| place.ends_with(&format!("/{name}"))))
    };
    let published = package(&words).and_then(|word| word.split(['=', '@']).next()) == Some("lambda-img");
    match (place, action) {
        (_, Some(action)) if !there(action) => Some("no release is there"),
        (None, _) if published => Some("no package is published"),
        _ => None,
    }
}

#[test]
fn what_is_to_be_installed_is_at_the_project_s_place_or_in_a_clone() {
    let manifest = fs::read_to_string(repository("Cargo.toml")).unwrap();
    let place =
        manifest.lines().find_map(|line| line.strip_prefix("repository = ")).map(|url| url.trim_matches('"'));
    let mut found = Vec::new();
    for (path, text) in told() {
        let lines = text.lines().enumerate();
        let wrong = lines
            .filter_map(|(at, line)| Some(format!("{}:{}: {}", path.display(), at + 1, wrong(line, place)?)));
        found.extend(wrong);
    }
    assert!(found.is_empty(), "{found:#?}");
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    assert_eq!(readme.contains("Nothing is published yet"), place.is_none());
}

#[test]
fn what_is_not_at_the_project_s_place_is_noticed() {
    let here = format!("uses: us/lambda-img@v{}", env!("CARGO_PKG_VERSION"));
    let place = Some("https://example.com/us/lambda-img");
    for (line, place, fine) in [
        ("    - pip install --quiet \"lambda-img==$LAMBDA_IMG_VERSION\"", None, false),
        ("`npm install lambda-img`", None, false),
        ("or `cargo install lambda-img`", None, false),
        ("$ cargo install --path . --locked", None, true),
        ("`npx lambda-img build`", None, false),
        ("`npm install lambda-img`", place, true),
        ("`pip install awslambdaric` where `lambda-img` warns", None, true),
        ("uses: OWNER/lambda-img@v0.1.0", None, false),
        ("uses: OWNER/lambda-img@v0.1.0", place, false),
        (&here, None, false),
        (&here, place, true),
        ("uses: us/lambda-img@v0.0.1", place, false),
        ("uses: ./lambda-img", None, true),
    ] {
        assert_eq!(wrong(line, place).is_none(), fine, "{line}");
    }
}

#[test]
fn npm_and_pypi_say_no_other_place() {
    for file in ["npm/package.json", "pyproject.toml"] {
        let text = fs::read_to_string(repository(file)).unwrap();
        assert!(!text.contains("://"), "{file} has a place of its own");
    }
}
