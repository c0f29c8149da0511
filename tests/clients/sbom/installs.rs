//! Real installs of package managers: their own lists equal ours, name by name and version by version.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{FUNCTION, component, function, listed, named};
use crate::harness::common::must;
use crate::harness::support::{program, repository};

#[test]
fn pip_list_is_the_list() {
    let place = function();
    let pip = || {
        let mut pip = program("pip3");
        pip.env("PIP_DISABLE_PIP_VERSION_CHECK", "1").env("PIP_ROOT_USER_ACTION", "ignore");
        pip
    };
    let mut install = pip();
    install.args(["install", "--quiet", "--no-compile", "--no-deps", "--only-binary=:all:", "--target"]);
    install.arg(place.path("fn")).args(["--require-hashes", "--requirement"]);
    must(install.arg(repository("tests/data/sbom/pip/requirements.txt")));
    let theirs = must(pip().args(["list", "--format", "json", "--path"]).arg(place.path("fn"))).stdout;
    let theirs: Vec<Value> = serde_json::from_str(&theirs).unwrap();
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let theirs: BTreeSet<_> =
        theirs.iter().map(|one| format!("{} {}", word(one, "name"), word(one, "version"))).collect();
    assert!(theirs.len() > 8, "{theirs:?}");
    let ours = listed(&place, FUNCTION);
    assert_eq!(named(&ours, "pypi"), theirs);
    let requests = component(&ours, "pkg:pypi/requests@2.34.2");
    assert_eq!(requests["licenses"][0]["expression"], "Apache-2.0");
    assert_eq!(
        requests["evidence"]["occurrences"][0]["location"],
        "/var/task/requests-2.34.2.dist-info/METADATA"
    );
}

#[test]
fn npm_ls_is_the_list() {
    let place = function();
    for name in ["package.json", "package-lock.json"] {
        fs::copy(repository("tests/data/check/npm").join(name), place.path("fn").join(name)).unwrap();
    }
    let npm = |arguments: &[&str]| {
        let mut npm = program("npm");
        must(npm.args(arguments).current_dir(place.path("fn"))).stdout
    };
    npm(&["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"]);
    let theirs: Value = serde_json::from_str(&npm(&["ls", "--all", "--json"])).unwrap();
    let (mut ahead, mut names) = (vec![&theirs["dependencies"]], BTreeSet::new());
    while let Some(below) = ahead.pop() {
        for (name, one) in below.as_object().into_iter().flatten() {
            // Optional packages of other platforms are known, and not installed.
            names.extend(one["version"].as_str().map(|version| format!("{name} {version}")));
            ahead.push(&one["dependencies"]);
        }
    }
    assert!(names.len() > 5, "{names:?}");
    let ours = listed(&place, FUNCTION);
    assert_eq!(named(&ours, "npm"), names);
    // npm wrote down what it downloaded.
    let bcrypt = component(&ours, "pkg:npm/bcrypt@6.0.0");
    assert_eq!(
        (&bcrypt["hashes"][0]["alg"], bcrypt["hashes"][0]["content"].as_str().unwrap().len()),
        (&"SHA-512".into(), 128)
    );
    assert_eq!(bcrypt["licenses"][0]["expression"], "MIT");
}
