//! What is compiled for whom: Cargo's features keep the program's crates away from users of the library.

use std::collections::BTreeSet;
use std::process::Command;

/// What only the program needs; and `init` and `--watch` of it; and credentials of AWS.
const CLI: [&str; 7] =
    ["anstream", "clap", "clap_complete", "clap_mangen", "ctrlc", "indicatif", "signal-hook"];
const OPTIONAL: [&str; 3] = ["aws-config", "notify", "yaml-rust2"];

/// What `cargo tree` says of the crates that are compiled with these features alone.
fn tree(features: &str, more: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([
        "tree",
        "--no-default-features",
        "--features",
        features,
        "-e",
        "normal",
        "--locked",
        "--offline",
    ]);
    let output = cargo.args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn crates(features: &str) -> BTreeSet<String> {
    let tree = tree(features, &["--prefix", "none", "-f", "{p}"]);
    tree.lines().filter_map(|line| Some(line.split_whitespace().next()?.to_owned())).collect()
}

/// None of `unwanted` is compiled; says what wants it, where one is.
fn without(features: &str, unwanted: &[&str]) {
    let all = crates(features);
    assert!(all.contains("serde_json"), "the tree was not read: {all:?}");
    if let Some(name) = unwanted.iter().find(|name| all.contains(**name)) {
        let wanted_by = tree(features, &["-i", name]);
        panic!("with the features `{features}`, `{name}` is compiled, because of:\n{wanted_by}");
    }
}

#[test]
fn the_library_alone_compiles_no_crate_of_the_program() {
    without("", &CLI);
    without("", &OPTIONAL);
}

#[test]
fn what_may_be_left_out_of_the_program_is_left_out() {
    without("cli", &OPTIONAL);
    without("cli,init", &["aws-config", "notify"]);
    without("cli,watch", &["aws-config", "yaml-rust2"]);
}

#[test]
fn features_bring_what_they_are_for() {
    let all = crates("aws,init,watch");
    for name in CLI.iter().chain(&OPTIONAL) {
        assert!(all.contains(*name), "{name} is not among {all:?}");
    }
}
