//! What keeps a layer's digest when something else changes: dependencies, bytecode, memory.

use crate::harness::common::{Place, noise, run};
use std::fs;

/// Builds the function; returns the peak of resident memory in KiB.
fn build(place: &Place, jobs: u32) -> u64 {
    let mut command = place.program("/usr/bin/time");
    command.args(["-f", "%M", "-o", "peak", env!("CARGO_BIN_EXE_lambda-img")]);
    let build =
        format!("build fn -r provided.al2023 -b embedded --allow start-format -o oci:out/image -j {jobs}");
    run(command.args(build.split_whitespace())).digest();
    fs::read_to_string(place.path("peak")).unwrap().trim().parse().unwrap()
}

/// The same of a sparse file and 300 MB of noise.
fn peak(sparse: u64, jobs: u32) -> u64 {
    let place = Place::with_function();
    place.sparse("fn/sparse", sparse);
    place.write("fn/noise", noise(8 << 20, 1).repeat(36));
    build(&place, jobs)
}

#[test]
fn three_gibibytes_build_in_less_than_150_mib() {
    let peak = peak(3 << 30, 8);
    assert!(peak < 150 << 10, "{peak} KiB");
}

#[test]
fn a_layer_of_what_was_compressed_before_is_built_in_less_than_150_mib() {
    let place = Place::with_function();
    place.sparse("fn/sparse", 1 << 30);
    place.write("fn/noise", noise(8 << 20, 1).repeat(10));
    let first = build(&place, 8);
    place.write("fn/neighbour", "of both");
    let second = build(&place, 8);
    assert!(first.max(second) < 150 << 10, "{first} and {second} KiB");
}
