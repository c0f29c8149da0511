//! `--changed-since` in checkouts that others filled: git tells what changed, and runs nothing that they configured.

use std::fs;
use std::path::Path;

use super::{commit, git, names, ok};
use crate::harness::common::{self, Place, must};

/// Two functions in a repository of git, committed.
fn checkout() -> Place {
    let place = Place::new();
    place.script("fn/a/bootstrap", "#!/bin/sh\n");
    place.script("fn/b/bootstrap", "#!/bin/sh\n");
    let text = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\npath = \"fn/{name}\"\n\
                allow = \"start-format\"\noutput = \"oci:out:{name}\"\n[functions.a]\n[functions.b]\n";
    place.write("lambda-img.toml", text);
    place.write(".gitignore", "out\nran*\nsub\nplant\n");
    git(&place, "init -q");
    commit(&place);
    place
}

/// A program that leaves a file behind when it runs.
fn plant(place: &Place, name: &str) -> String {
    let marker = place.path(&format!("ran-{name}"));
    let script = format!("#!/bin/sh\n: > '{}'\n", marker.display());
    place.script(&format!("plant/{name}"), script).display().to_string()
}

fn ran(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut ran: Vec<_> =
        entries.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with("ran-")).collect();
    ran.sort();
    ran.iter().for_each(|name| fs::remove_file(place.path(name)).unwrap());
    ran
}

fn config(place: &Place, dir: &str, key: &str, value: &str) {
    must(place.program("git").args(["-C", dir, "config", key, value]));
}

/// A file whose stamp says that it may have changed, and whose bytes say that it did not.
fn touched(place: &Place, name: &str) {
    let bytes = fs::read(place.path(name)).unwrap();
    place.write(name, bytes);
    let file = fs::File::options().write(true).open(place.path(name)).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
}

#[test]
fn nothing_that_a_checkout_configures_is_run() {
    let place = checkout();
    place.write("fn/a/text.txt", "one\n");
    place.write(".gitattributes", "*.txt filter=planted diff=planted\n");
    commit(&place);
    config(&place, ".", "core.fsmonitor", &plant(&place, "fsmonitor"));
    config(&place, ".", "filter.planted.clean", &plant(&place, "clean"));
    config(&place, ".", "diff.external", &plant(&place, "external"));
    config(&place, ".", "diff.planted.textconv", &plant(&place, "textconv"));
    config(&place, ".", "diff.planted.command", &plant(&place, "command"));
    config(&place, ".", "core.pager", &plant(&place, "pager"));
    config(&place, ".", "core.sshCommand", &plant(&place, "ssh"));
    config(&place, ".", "alias.diff", &format!("!{}", plant(&place, "alias")));
    config(&place, ".", "core.hooksPath", &place.path("plant/hooks").display().to_string());
    plant(&place, "hooks/post-index-change");
    touched(&place, "fn/a/text.txt");
    // They are alive: git itself runs what is planted.
    must(place.program("git").args(["status", "--short"]));
    let alive = ran(&place);
    assert!(
        alive.contains(&"ran-fsmonitor".to_owned()) && alive.contains(&"ran-clean".to_owned()),
        "{alive:?}"
    );
    touched(&place, "fn/a/text.txt");
    let unchanged = ok(place.run("build --changed-since HEAD"));
    assert_eq!((unchanged.stdout.as_str(), ran(&place)), ("", Vec::new()), "{}", unchanged.stderr);
    place.write("fn/b/new.txt", "two\n");
    place.write("fn/a/text.txt", "three\n");
    assert_eq!(names(&ok(place.run("build --changed-since HEAD"))), ["a", "b"]);
    assert_eq!(ran(&place), Vec::<String>::new());
}

#[test]
fn a_long_running_filter_is_not_run_and_one_without_an_off_switch_is_refused() {
    let place = checkout();
    place.write("fn/a/text.txt", "one\n");
    place.write(".gitattributes", "*.txt filter=planted\n");
    commit(&place);
    config(&place, ".", "filter.planted.process", &plant(&place, "process"));
    config(&place, ".", "filter.planted.required", "true");
    touched(&place, "fn/a/text.txt");
    let _ = common::run(place.program("git").args(["diff", "--name-only", "HEAD"]));
    assert_eq!(ran(&place), ["ran-process"], "it is alive");
    touched(&place, "fn/a/text.txt");
    assert_eq!(ok(place.run("build --changed-since HEAD")).stdout, "");
    assert_eq!(ran(&place), Vec::<String>::new());
    config(&place, ".", "filter.a=b.clean", "cat");
    place.refuses(2, "build --changed-since HEAD", &["filter `a=b`", "switched off"]);
}

#[test]
fn a_filter_is_not_run_whatever_bytes_its_name_has() {
    for name in [&b"a\xff"[..], b"a.b", b"A", b"process"] {
        let place = checkout();
        place.write("fn/a/text.txt", "one\n");
        place.write(".gitattributes", [b"*.txt filter=", name, b"\n"].concat());
        commit(&place);
        let before = fs::read(place.path(".git/config")).unwrap();
        let program = plant(&place, "clean");
        let section = [b"[FILTER \"", name, b"\"]\n\tClean = ", program.as_bytes(), b"\n"].concat();
        place.write(".git/config", [&before[..], &section].concat());
        touched(&place, "fn/a/text.txt");
        must(place.program("git").args(["diff", "--name-only", "HEAD"]));
        assert_eq!(ran(&place), ["ran-clean"], "it is alive");
        touched(&place, "fn/a/text.txt");
        ok(place.run("build --changed-since HEAD"));
        assert_eq!(ran(&place), Vec::<String>::new(), "{name:?}");
    }
}

#[test]
fn repositories_in_the_repository_are_not_asked_and_functions_there_are_always_built() {
    let place = checkout();
    let inner = Place::new();
    inner.script("c/bootstrap", "#!/bin/sh\n");
    git(&inner, "init -q");
    commit(&inner);
    let from = inner.path(".").display().to_string();
    let mut add = place.program("git");
    add.args(["-c", "protocol.file.allow=always", "submodule", "add", "-q", "--force", &from, "mods"]);
    must(&mut add);
    let file = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", file + "[functions.c]\npath = \"mods/c\"\n");
    commit(&place);
    config(&place, "mods", "core.fsmonitor", &plant(&place, "submodule"));
    touched(&place, "mods/c/bootstrap");
    must(place.program("git").args(["status", "--short"]));
    assert_eq!(ran(&place), ["ran-submodule"], "it is alive");
    assert_eq!(names(&ok(place.run("build --changed-since HEAD"))), ["c"]);
    assert_eq!(ran(&place), Vec::<String>::new());
}

#[test]
fn a_clone_that_lacks_what_is_asked_for_fetches_nothing() {
    let place = checkout();
    place.write("fn/a/text.txt", "one\n");
    commit(&place);
    let clone = Place::new();
    let from = format!("file://{}", place.path(".").display());
    config(&place, ".", "uploadpack.allowFilter", "true");
    must(clone.program("git").args(["clone", "-q", "--filter=tree:0", "--no-checkout", &from, "."]));
    let fetches = plant(&clone, "uploadpack");
    config(&clone, ".", "remote.origin.uploadpack", &fetches);
    clone.write("lambda-img.toml", fs::read(place.path("lambda-img.toml")).unwrap());
    let _ = common::run(clone.program("git").args(["diff", "--name-only", "HEAD~1"]));
    assert_eq!(ran(&clone), ["ran-uploadpack"], "it is alive");
    let built = clone.run("build --changed-since HEAD~1");
    assert_eq!(built.code, Some(2), "{}", built.stderr);
    assert_eq!(ran(&clone), Vec::<String>::new());
}

#[test]
fn the_repository_is_the_one_of_the_settings_whatever_the_environment_says() {
    let place = checkout();
    let other = checkout();
    place.write("fn/b/new", "x");
    // As in a hook of git's.
    for (variable, value) in [
        ("GIT_DIR", other.path(".git")),
        ("GIT_WORK_TREE", other.path(".")),
        ("GIT_INDEX_FILE", other.path(".git/index")),
        ("GIT_DIR", Path::new(".git").to_owned()),
    ] {
        let mut tool = place.tool("build --changed-since HEAD");
        let ran = ok(common::run(tool.env(variable, value)));
        assert_eq!(names(&ran), ["b"], "{variable}");
    }
}

#[test]
fn no_commit_before_means_all() {
    let place = checkout();
    for none in ["0".repeat(40), "0".repeat(64), String::new()] {
        let mut tool = place.tool("build --changed-since");
        let ran = ok(common::run(tool.arg(none)));
        assert_eq!(names(&ran), ["a", "b"]);
        assert!(ran.stderr.contains("all functions are built"), "{}", ran.stderr);
    }
    place.refuses(2, "build --changed-since 00000000", &["git has no commit `00000000`"]);
}
