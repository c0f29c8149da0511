//! Outputs that cannot be written: nothing of anybody else's is touched, nothing half made stays.

mod garbage;
mod layouts;
mod leftovers;

use crate::harness::common::{Place, assert_refusal, noise, run};
use crate::harness::suites::bad_output::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_directory_that_cannot_be_written() {
    let place = Place::with_function();
    fs::set_permissions(place.path("out"), fs::Permissions::from_mode(0o755)).unwrap();
    let tool = place.copied_tool();
    let mut command = place.program("setpriv");
    command
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(tool)
        .env("LAMBDA_IMG_CACHE", "");
    command.args(BUILD.split_whitespace()).args(["-o", "oci:out/image"]);
    place.refused(1, &mut command, &["`out`", "ermission denied"]);
}

#[test]
fn a_full_disk() {
    on_a_full_disk("-o oci:out/image");
}

#[test]
fn a_full_disk_under_an_archive() {
    on_a_full_disk("-o oci-archive:out/image.tar");
    on_a_full_disk("-o docker-archive:out/image.tar");
}

#[test]
fn a_full_disk_under_the_second_output() {
    let place = Place::with_function();
    place.write("fn/noise", noise(4 << 20, 1));
    place.dir("full");
    let script = "mount -t tmpfs -o size=2m none full || exit 99
        \"$@\"
        code=$?
        find full out -mindepth 1 | sed 's/^/left: /' >&2
        exit $code";
    for second in ["oci:full/image", "oci-archive:full/image.tar", "docker-archive:full/image.tar"] {
        let mut command = place.program("unshare");
        command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_lambda-img")]);
        command.args(BUILD.split_whitespace()).args(["-o", "oci:out/image", "-o", second]);
        let ran = run(&mut command);
        assert_refusal(&ran, 1, &["No space left on device", "`full/image"]);
        assert!(!ran.stderr.contains("left: "), "{}", ran.stderr);
    }
}
