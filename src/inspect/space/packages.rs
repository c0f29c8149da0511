//! Installed packages and the bytes of each.

use std::collections::BTreeMap;

use super::files::files;
use crate::survey::{Entry, Fact, Tree, split};

/// An installed package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// What it is called: by its directory, its archive, or the record of its installation.
    pub name: String,
    /// Its version, where its directory says it.
    pub version: Option<String>,
    /// Of which package manager's kind it is: `Python`, `Node.js`, `Java` or `Ruby`.
    pub kind: &'static str,
    /// Where it is installed.
    pub path: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Number of its files.
    pub files: u64,
}

/// The packages of an image, largest first.
pub(super) fn packages(tree: &Tree<'_>) -> Vec<Package> {
    let records = records(tree);
    let mut found: BTreeMap<(&str, String), Package> = BTreeMap::new();
    for (path, file) in files(tree) {
        let of = of_python(path, &records).or_else(|| of_path(path));
        let Some((kind, name, version, place)) = of else { continue };
        let new = || Package { name: name.clone(), version, kind, path: place.clone(), bytes: 0, files: 0 };
        let package = found.entry((kind, format!("{place}\0{name}"))).or_insert_with(new);
        package.bytes = package.bytes.saturating_add(file.entry.size);
        package.files += 1;
    }
    let mut packages: Vec<_> = found.into_values().collect();
    packages.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| (&a.path, &a.name).cmp(&(&b.path, &b.name))));
    packages
}

type Found = (&'static str, String, Option<String>, String);

/// By the path of something that a record names: the name and version of the Python package.
type Records = BTreeMap<String, (String, Option<String>)>;

/// What the `RECORD` files of Python packages name (packaging.python.org, "Recording installed projects"), and their
/// own directories.
fn records(tree: &Tree<'_>) -> Records {
    let mut records = Records::new();
    for (path, file) in files(tree) {
        let Some(names) = record(file.entry) else { continue };
        let (dir, _) = split(path);
        let (site, dir_name) = split(dir);
        let Some(stem) = dir_name.strip_suffix(".dist-info") else { continue };
        let (name, version) =
            stem.rsplit_once('-').map_or((stem, None), |(name, version)| (name, Some(version)));
        let package = (name.to_owned(), version.map(str::to_owned));
        for first in names.iter().map(String::as_str).chain([dir_name]) {
            let first = first.split('/').next().unwrap_or_default();
            records.entry(join(site, first)).or_insert_with(|| package.clone());
        }
    }
    records
}

fn record(entry: &Entry) -> Option<&[String]> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Package(names) => Some(&**names),
        _ => None,
    })
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// The Python package that a file belongs to.
fn of_python(path: &str, records: &Records) -> Option<Found> {
    if records.is_empty() {
        return None;
    }
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let (at, (name, version)) = ends.rev().find_map(|end| Some((end, records.get(&path[..end])?)))?;
    let (site, _) = split(&path[..at]);
    Some(("Python", name.clone(), version.clone(), site.to_owned()))
}

/// What the path alone tells: Node.js's `node_modules/NAME` and `node_modules/@SCOPE/NAME`, Ruby's `gems/NAME-VERSION`,
/// and Java's archives.
fn of_path(path: &str) -> Option<Found> {
    const NODE: &str = "node_modules/";
    if let Some(at) = path.rfind(NODE).filter(|at| *at == 0 || path.as_bytes()[at - 1] == b'/') {
        let (place, rest) = path.split_at(at + NODE.len());
        let parts = if rest.starts_with('@') { 2 } else { 1 };
        let end = rest.match_indices('/').nth(parts - 1).map(|(end, _)| end)?;
        let named = !rest.starts_with('.');
        return named
            .then(|| ("Node.js", rest[..end].to_owned(), None, place.trim_end_matches('/').to_owned()));
    }
    if let Some((place, rest)) = path.split_once("/gems/").filter(|(place, _)| place.contains("ruby")) {
        let (dir, _) = rest.split_once('/')?;
        let (name, version) = dir.rsplit_once('-')?;
        return Some(("Ruby", name.to_owned(), Some(version.to_owned()), format!("{place}/gems")));
    }
    let (place, file) = split(path);
    let stem = file.strip_suffix(".jar")?;
    let versioned =
        stem.match_indices('-').find(|(at, _)| stem[at + 1..].starts_with(|it: char| it.is_ascii_digit()));
    let (name, version) =
        versioned.map_or((stem, None), |(at, _)| (&stem[..at], Some(stem[at + 1..].to_owned())));
    Some(("Java", name.to_owned(), version, place.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_the_packages_of_other_languages() {
        let of = |path: &str| {
            of_path(path).map(|(kind, name, version, place)| format!("{kind} {name} {version:?} {place}"))
        };
        for (path, expected) in [
            ("var/task/node_modules/a/x.js", Some("Node.js a None var/task/node_modules")),
            ("node_modules/@s/b/node_modules/c/x.js", Some("Node.js c None node_modules/@s/b/node_modules")),
            ("var/task/node_modules/@s/b/lib/x.js", Some("Node.js @s/b None var/task/node_modules")),
            ("var/task/node_modules/.package-lock.json", None),
            ("var/task/node_modules/.bin/tool", None),
            ("var/task/not_node_modules/a/x.js", None),
            (
                "var/task/vendor/bundle/ruby/3.3.0/gems/rack-3.1.0/lib/r.rb",
                Some(r#"Ruby rack Some("3.1.0") var/task/vendor/bundle/ruby/3.3.0/gems"#),
            ),
            (
                "var/task/lib/jackson-core-2.17.1.jar",
                Some(r#"Java jackson-core Some("2.17.1") var/task/lib"#),
            ),
            ("var/task/lib/app.jar", Some("Java app None var/task/lib")),
            ("var/task/app.py", None),
        ] {
            assert_eq!(of(path).as_deref(), expected, "{path}");
        }
    }
}
