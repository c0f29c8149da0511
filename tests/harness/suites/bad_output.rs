//! What the tests of `bad_output` share, whichever binary they are in.

use super::super::common::{Place, assert_refusal, noise, run, snapshot};
use std::os::unix::fs::PermissionsExt;

pub const BUILD: &str = "build fn -r provided.al2023 -b embedded --allow start-format";

pub fn refuses(place: &Place, outputs: &str, words: &[&str]) {
    place.refuses(1, &format!("{BUILD} {outputs}"), words);
}

/// Builds into a file system of 2 MB, with what is said about the outputs; an image is there already.
pub fn on_a_full_disk(outputs: &str) {
    let place = Place::with_function();
    place.write("fn/noise", noise(4 << 20, 1));
    let before = snapshot(&place.path("fn"));
    let script = "mount -t tmpfs -o size=2m none out || exit 99
        echo mine >out/other
        \"$@\"
        code=$?
        find out -mindepth 1 | sed 's/^/left: /' >&2
        exit $code";
    let mut command = place.program("unshare");
    command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_lambda-img")]);
    command.args(BUILD.split_whitespace()).args(outputs.split_whitespace());
    let ran = run(&mut command);
    let inside = format!("`{}/", place.path("out").display());
    assert_refusal(&ran, 1, &["No space left on device", &inside]);
    let left: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("left: ")).collect();
    assert_eq!(left, ["left: out/other"], "{}", ran.stderr);
    assert_eq!(snapshot(&place.path("fn")), before);
}
