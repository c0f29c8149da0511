//! `init --check`: what was written is built at once.

use super::{Project, base};
use crate::harness::common::{must, run};

#[test]
fn what_builds_is_said_to_build_and_nothing_is_left() {
    let project = Project::new("python-tools-only");
    let ran = must(project.tool("init --check").env("LAMBDA_IMG_BASE", base("python3.11")));
    assert!(ran.stderr.ends_with("python-tools-only: builds\n"), "{}", ran.stderr);
    assert!(!project.place.path("python-tools-only/lambda-image").exists());
}

#[test]
fn a_base_that_cannot_be_had_does_not_hide_that_the_function_builds() {
    let project = Project::new("python-tools-only");
    // Nothing answers there.
    let ran =
        must(project.tool("init --check").env("LAMBDA_IMG_REGISTRY_MIRROR", "public.ecr.aws=127.0.0.1:1"));
    assert!(
        ran.stderr.contains("builds, but its base image cannot be had here:\n  error: "),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_missing_is_named() {
    let project = Project::new("node-npm");
    project.place.write("node-npm/package.json", "{\"dependencies\": {\"ms\": \"0.0.0-none\"}}");
    let ran = run(project.tool("init --check").env("LAMBDA_IMG_BASE", base("nodejs22.x")));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("node-npm: does not build yet:\n  error: "), "{}", ran.stderr);
    assert!(project.place.path("node-npm/lambda-img.toml").exists());
}
