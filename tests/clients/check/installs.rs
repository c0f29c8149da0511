//! No false alarm: what pip and npm install of well-known packages with native code.

use std::fs;
use std::path::Path;

use super::dockerfiles::findings;
use crate::harness::common::{Place, must};
use crate::harness::support::{program, repository, stand_in};

/// Findings that are true, and warn only: packages bring tests and no bytecode, pip gives scripts the interpreter that
/// it ran on, and numpy's wheel has one `.pyc` that is older than its source.
const TRUE: [&str; 4] = ["dead-weight", "bytecode-missing", "host-path", "bytecode-stale"];

/// Holds a function to have nothing denied and nothing unexpected: as built by this tool, and as GNU tar and umoci
/// put it on the same base.
fn hold(place: &Place, runtime: &str, handler: &str) {
    let base = stand_in(runtime);
    let build =
        format!("build fn -r {runtime} -b oci:{}:base --handler {handler} -o oci:ours:v1 -q", base.display());
    place.run(&build).digest();
    must(place.program("cp").arg("-r").arg(&base).arg("theirs"));
    must(place.program("mkdir").args(["-p", "root/var"]));
    must(place.program("mv").args(["fn", "root/var/task"]));
    let tar = ["--owner=0", "--group=0", "--sort=name", "-C", "root", "-cf", "layer.tar", "var"];
    must(place.program("tar").args(tar));
    must(place.program("umoci").args(["raw", "add-layer", "--image", "theirs:base", "layer.tar"]));
    fs::remove_file(place.path("layer.tar")).unwrap();
    must(place.program("umoci").args(["config", "--image", "theirs:base", "--config.cmd", handler]));
    for image in ["oci:ours:v1", "oci:theirs:base"] {
        for deep in ["", "--all-layers"] {
            let found = findings(place, &format!("{image} -r {runtime} {deep}"));
            let wrong: Vec<_> = found
                .iter()
                .filter(|one| !TRUE.iter().any(|id| one.contains(&format!("\"{id}\""))))
                .collect();
            assert!(wrong.is_empty(), "{image} {deep}: {wrong:#?}");
            assert!(found.iter().all(|one| one.starts_with("\"warn\"")), "{found:#?}");
        }
    }
}

#[test]
#[ignore = "nightly: fetches 400 MB"]
fn pip_install_of_packages_with_native_code_is_not_denied() {
    let place = Place::new();
    let mut pip = program("pip3");
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
        "--no-compile",
    ]);
    pip.args(["--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp"]);
    pip.args(["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64", "--target"]);
    pip.arg(place.dir("fn")).args(["--require-hashes", "--requirement"]);
    must(pip.arg(repository("tests/data/check/pip/requirements.txt")));
    place.write("fn/app.py", "import numpy\n\n\ndef handler(event, context):\n    return event\n");
    hold(&place, "python3.11", "app.handler");
}

#[test]
#[ignore = "nightly: fetches 400 MB"]
fn npm_ci_of_packages_with_addons_is_not_denied() {
    let place = Place::new();
    let function = place.dir("fn");
    for name in ["package.json", "package-lock.json"] {
        fs::copy(repository("tests/data/check/npm").join(name), function.join(name)).unwrap();
    }
    place.write("fn/index.js", "exports.handler = async event => require('bcrypt').hash(event.word, 4)\n");
    let mut npm = program("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--no-update-notifier"]);
    must(npm.current_dir(&function));
    assert!(Path::new(&function.join("node_modules/bcrypt/prebuilds/linux-x64")).is_dir());
    hold(&place, "nodejs22.x", "index.handler");
}
