//! What `init` makes of the machine it runs on: versions of languages that are there, and programs that are not.

use std::fs;

use super::{Project, settings};
use crate::harness::common::must;

/// A PATH of programs that print a version, and nothing else.
fn machine(project: Project, programs: &[(&str, &str)]) -> Project {
    for (name, says) in programs {
        project.place.script(&format!("bin/{name}"), format!("#!/bin/sh\necho '{says}'\n"));
    }
    project.place.dir("bin");
    let path = format!("{}:/bin", project.place.path("bin").display());
    project.with("PATH", &path)
}

fn runtime(project: &Project, name: &str) -> String {
    settings(project)["functions"][name]["runtime"].as_str().unwrap().to_owned()
}

#[test]
fn this_machines_python_compiles_bytecode_and_another_ones_absence_is_accepted_once() {
    let python = [("python3", "Python 3.12.4"), ("python3.12", "Python 3.12.4")];
    let project = machine(Project::new("python-pip"), &python);
    must(&mut project.tool("init"));
    assert_eq!(runtime(&project, "python-pip"), "python3.12");
    let text = fs::read_to_string(project.place.path("python-pip/lambda-img.toml")).unwrap();
    assert!(text.contains("-m compileall") && !text.contains("bytecode-missing"), "{text}");

    let project = machine(Project::new("python-pip"), &python);
    project.place.write("python-pip/.python-version", "3.13\n");
    must(&mut project.tool("init"));
    assert_eq!(runtime(&project, "python-pip"), "python3.13");
    let text = fs::read_to_string(project.place.path("python-pip/lambda-img.toml")).unwrap();
    assert!(!text.contains("-m compileall") && text.contains("allow = [\"bytecode-missing\"]"), "{text}");
}

#[test]
fn a_version_that_aws_no_longer_supports_or_only_previews_is_not_chosen_for_a_machine() {
    for version in ["3.8", "3.99"] {
        let says = format!("Python {version}.1");
        let project = machine(Project::new("python-pip"), &[("python3", &says)]);
        must(&mut project.tool("init"));
        assert_ne!(runtime(&project, "python-pip"), format!("python{version}"));
    }
    let project = machine(Project::new("node-npm"), &[("node", "v24.1.0")]);
    must(&mut project.tool("init"));
    assert_eq!(runtime(&project, "node-npm"), "nodejs24.x");
}

#[test]
fn programs_that_are_missing_are_named() {
    let project = machine(Project::new("node-pnpm"), &[]);
    let said = must(&mut project.tool("init")).stderr;
    assert!(said.contains("to do: install `pnpm`, which the step `dependencies` runs"), "{said}");
}

#[test]
fn a_package_without_a_wheel_is_named_with_two_ways_out() {
    let project = machine(Project::new("python-uv"), &[("uv", "uv 1.0")]);
    let lock = project.place.path("python-uv/uv.lock");
    let text = fs::read_to_string(&lock).unwrap();
    let at = text.find("[[package]]\nname = \"text-unidecode\"").unwrap();
    let wheels = at + text[at..].find("wheels = [").unwrap();
    let end = wheels + text[wheels..].find("]\n").unwrap() + 2;
    fs::write(&lock, format!("{}{}", &text[..wheels], &text[end..])).unwrap();
    let said = must(&mut project.tool("init")).stderr;
    for words in [
        "to do: `text-unidecode` has no wheel",
        "pip wheel",
        "--find-links wheels",
        "--no-binary text-unidecode",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("`python-slugify`"), "{said}");
}
