//! `examples/library`, run against a real registry: it pushes what the program pushes.

use std::process::Command;

use crate::harness::common::{Place, must};
use crate::harness::helpers;

#[test]
fn the_example_pushes_what_the_program_pushes() {
    let place = Place::new();
    // A static program for arm64, as far as its first bytes tell.
    let mut program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 57]].concat();
    (program[16], program[18]) = (2, 183);
    place.script("fn/bootstrap", program);
    let registry = helpers::docker_registry(&place.dir("registry"), "", "");
    let target = |name: &str| format!("{}/team/{name}:v1", registry.host);
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--locked", "--offline", "--example", "library", "--"]);
    cargo.arg(place.path("fn")).args(["provided.al2023", &target("library"), "embedded"]);
    let example = must(cargo.env("LAMBDA_IMG_CACHE", place.dir("cache-of-library")));
    let program = place.run(&format!(
        "build fn -r provided.al2023 -b embedded -a arm64 -e STAGE=prod --push -t {}",
        target("program")
    ));
    let digest = |line: &str| line.trim().split_once('@').map(|(_, digest)| digest.to_owned());
    assert!(digest(&example.stdout).is_some(), "{example:?}");
    assert_eq!(digest(&example.stdout), digest(&program.stdout), "{program:?}");
    let pulled = place.run(&format!("check {}", target("library")));
    assert_eq!(pulled.code, Some(0), "{pulled:?}");
}
