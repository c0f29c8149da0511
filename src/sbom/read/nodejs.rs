//! Node.js: `package.json` of what is in `node_modules`, and the hashes that npm wrote down.

use serde_json::Value;

use super::stated::{Found, component, integrity, json, licence};
use crate::survey::{Component, Ecosystem, Entry, Fact, Locked, Look, Probe, split};

/// Reads `package.json` directly in the directory of a package, and `node_modules/.package-lock.json` of npm 7 and later.
pub struct Nodejs;

impl Probe for Nodejs {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let (dir, base) = split(entry.name());
        match base {
            "package.json" if is_package(dir) => Some(json(package)),
            ".package-lock.json" if split(dir).1 == "node_modules" => Some(json(lock)),
            _ => None,
        }
    }
}

/// Whether a directory is `node_modules/NAME` or `node_modules/@SCOPE/NAME`: packages have files of this name in other
/// directories too.
fn is_package(dir: &str) -> bool {
    let (above, name) = split(dir);
    let above = match split(above) {
        (above, scope) if scope.starts_with('@') => above,
        _ => above,
    };
    split(above).1 == "node_modules" && !name.starts_with(['.', '@'])
}

fn package(value: &Value) -> Vec<Fact> {
    let mut found = Found::default();
    found.add(described(value));
    found.facts()
}

fn described(value: &Value) -> Result<Component, String> {
    let full = value["name"].as_str().unwrap_or_default();
    let (scope, name) = match full.split_once('/') {
        Some((scope, name)) if scope.starts_with('@') => (Some(scope), name),
        _ => (None, full),
    };
    let mut one = component(Ecosystem::Nodejs, scope, name, value["version"].as_str().unwrap_or_default())?;
    one.licence = stated_licence(value);
    Ok(one)
}

/// A text; in old packages an object, or a list of them.
fn stated_licence(value: &Value) -> Option<String> {
    let one = |stated: &Value| stated.as_str().or(stated["type"].as_str()).and_then(licence);
    let list = value["licenses"].as_array().map_or(&[][..], Vec::as_slice);
    let several: Vec<_> = list.iter().filter_map(one).collect();
    one(&value["license"]).or_else(|| (!several.is_empty()).then(|| several.join(" OR ")))
}

fn lock(value: &Value) -> Vec<Fact> {
    let packages = value["packages"].as_object().into_iter().flatten();
    let locked = packages.filter_map(|(dir, package)| {
        let hashes = integrity(package["integrity"].as_str()?);
        (!hashes.is_empty()).then(|| Locked { dir: dir.clone(), hashes })
    });
    vec![Fact::Locked(locked.collect())]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_directory_of_a_package_has_its_package_json() {
        for dir in ["node_modules/a", "var/task/node_modules/@s/a", "x/node_modules/.pnpm/a@1/node_modules/a"]
        {
            assert!(is_package(dir), "{dir}");
        }
        for dir in
            ["", "node_modules", "node_modules/a/dist", "node_modules/@s", "node_modules/.cache", "a/b"]
        {
            assert!(!is_package(dir), "{dir}");
        }
    }

    #[test]
    fn licences_of_old_packages_are_objects() {
        let of = |value| stated_licence(&value);
        assert_eq!(of(json!({ "license": { "type": "MIT" } })).as_deref(), Some("MIT"));
        assert_eq!(
            of(json!({ "licenses": [{ "type": "MIT" }, { "type": "ISC" }] })).as_deref(),
            Some("MIT OR ISC")
        );
        assert_eq!(of(json!({ "license": 7 })), None);
    }
}
