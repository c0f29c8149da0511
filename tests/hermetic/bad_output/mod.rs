//! Outputs that cannot be written: nothing of anybody else's is touched, nothing half made stays.

use crate::harness::common;
use crate::harness::common::{Place, assert_refusal, run, snapshot, temporaries};
use crate::harness::suites::bad_output::*;

mod garbage;
mod layouts;
mod leftovers;
mod limits;

#[test]
fn a_file_where_a_layout_goes() {
    let place = Place::with_function();
    place.write("out/image", "mine");
    refuses(
        &place,
        "-o oci:out/image",
        &["`out/image` exists and is not a valid OCI image layout", "hint: remove"],
    );
}

#[test]
fn a_directory_with_other_files_where_a_layout_goes() {
    let place = Place::with_function();
    place.write("out/image/mine.txt", "mine");
    refuses(&place, "-o oci:out/image", &["`out/image` exists and is not a valid OCI image layout"]);
    // Half a layout is none.
    place.write("out/image/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    refuses(&place, "-o oci:out/image", &["`out/image` exists and is not a valid OCI image layout"]);
}

#[test]
fn an_empty_directory_becomes_a_layout() {
    let place = Place::with_function();
    place.dir("out/image");
    let digest = place.run(&format!("{BUILD} -o oci:out/image")).digest();
    assert_eq!(place.image("out/image", "latest").digest, digest);
}

#[test]
fn other_files_where_archives_go() {
    let place = Place::with_function();
    place.write("out/text", "mine");
    place.write("out/empty", "");
    place.dir("out/dir");
    for path in ["out/text", "out/empty", "out/dir"] {
        let exists = |kind| format!("`{path}` exists and is not a valid {kind} archive");
        refuses(&place, &format!("-o oci-archive:{path}"), &[&exists("OCI")]);
        refuses(&place, &format!("-o docker-archive:{path}"), &[&exists("Docker")]);
    }
}

#[test]
fn an_archive_of_the_other_kind() {
    let place = Place::with_function();
    place.run(&format!("{BUILD} -o oci-archive:out/oci.tar -o docker-archive:out/docker.tar")).digests();
    refuses(
        &place,
        "-o oci-archive:out/docker.tar",
        &["`out/docker.tar` exists and is not a valid OCI archive"],
    );
    refuses(
        &place,
        "-o docker-archive:out/oci.tar",
        &["`out/oci.tar` exists and is not a valid Docker archive"],
    );
    // Its own kind is replaced.
    place.run(&format!("{BUILD} -o oci-archive:out/oci.tar")).digest();
}

#[test]
fn links_are_not_written_through() {
    let place = Place::with_function();
    place.write("mine.tar", "mine");
    place.link("out/link", "../mine.tar");
    refuses(&place, "-o oci-archive:out/link", &["`out/link` exists"]);
    place.link("out/dangling", "nowhere");
    refuses(&place, "-o docker-archive:out/dangling", &["`out/dangling` exists"]);
}

#[test]
fn one_bad_output_of_three_stops_all() {
    let place = Place::with_function();
    place.write("out/mine", "mine");
    let outputs = "-o oci:out/image -o docker-archive:out/image.tar -o oci-archive:out/mine";
    refuses(&place, outputs, &["`out/mine` exists"]);
}

#[test]
fn two_outputs_of_one_name() {
    let place = Place::with_function();
    refuses(&place, "-o oci:out/image -o oci:out/image", &["two outputs have the same path `out/image`"]);
    refuses(
        &place,
        "-o oci-archive:out/i -o docker-archive:out/i",
        &["two outputs have the same path `out/i`"],
    );
    // Two tags of one layout are two images in it.
    let both = "-o oci:out/image:a -o oci:out/image:b";
    assert_eq!(place.run(&format!("{BUILD} {both}")).digests().len(), 2);
    assert_eq!(common::tags(&place.path("out/image")).len(), 2);
}

#[test]
fn two_outputs_of_one_place_under_two_names() {
    let place = Place::with_function();
    refuses(
        &place,
        "-o oci-archive:out/i -o docker-archive:out/../out/i",
        &["two outputs have the same path"],
    );
    refuses(&place, "-o oci-archive:out/i -o docker-archive:./out/i", &["two outputs have the same path"]);
    refuses(&place, "-o oci-archive:new/i -o oci:new/../new/i", &["two outputs have the same path"]);
    place.link("link", "out");
    refuses(&place, "-o oci:link/i -o oci:out/i", &["two outputs have the same path"]);
}

#[test]
fn a_parent_that_is_a_file() {
    let place = Place::with_function();
    place.write("out/file", "mine");
    refuses(&place, "-o oci:out/file/image", &["out/file"]);
    refuses(&place, "-o oci-archive:out/file/image", &["out/file"]);
}

#[test]
fn a_full_stdout_is_told() {
    let place = Place::with_function();
    let mut command = place.program("sh");
    command.args(["-c", "\"$@\" >/dev/full", "sh", env!("CARGO_BIN_EXE_lambda-img")]);
    let ran = run(command.args(BUILD.split_whitespace()).args(["-o", "oci:out/image"]));
    assert_refusal(&ran, 1, &["standard output", "No space left on device"]);
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Place::with_function();
    let before = snapshot(&place.path(""));
    let dry = place.run(&format!("{BUILD} -o oci:out/image --dry-run --json")).json();
    assert_eq!(snapshot(&place.path("")), before);
    let real = place.run(&format!("{BUILD} -o oci:out/image")).digest();
    assert_eq!(dry["images"][0]["digest"], real);
    assert!(temporaries(&place.path("out")).is_empty());
}
