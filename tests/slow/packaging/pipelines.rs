//! The GitHub action and the GitLab template: their steps, run as their runners do, against a local registry.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::{TARGET, VERSION, helpers, package, packages, repository};
use crate::harness::common::{Place, must, run};

/// A place with a checked-out function in `work`, and a registry.
fn checkout() -> (Place, helpers::Server) {
    let place = Place::new();
    place.script("work/bootstrap", "#!/bin/sh\n");
    let registry = helpers::docker_registry(place.dir("registry").as_path(), "", "");
    (place, registry)
}

/// A run of the steps of `file`.
fn steps(place: &Place, file: &str, given: &[String]) -> Command {
    // The job may have a Python of its own, which has nothing to read YAML with.
    let python = must(place.program("python3").args(["-c", "import sys; print(sys.executable)"])).stdout;
    let mut command = place.program(python.trim());
    command
        .arg(repository("tests/slow/packaging/steps.py"))
        .arg(repository(file))
        .arg(place.path(""))
        .args(given);
    // What the steps install must be what they run.
    command.env_remove("LAMBDA_IMG_CACHE");
    // A script stands in for a program.
    command.env("LAMBDA_IMG_ALLOW", "start-format");
    command
}

/// Of a registry: the digest of a tag.
fn digest(place: &Place, image: &str) -> String {
    let mut inspect = place.program("skopeo");
    inspect.args(["inspect", "--tls-verify=false", "--format={{.Digest}}", &format!("docker://{image}")]);
    must(&mut inspect).stdout.trim().to_owned()
}

#[test]
#[ignore = "nightly: compiles a release"]
fn the_github_action_installs_what_it_verified_builds_and_tells() {
    let (place, registry) = checkout();
    // A release as GitHub serves it.
    let release = format!("releases/owner/lambda-img/releases/download/v{VERSION}");
    let dir = place.dir(&release);
    let archive = package(&format!("lambda-img-{VERSION}-{TARGET}"), ".tar.gz");
    fs::copy(&archive, dir.join(archive.file_name().unwrap())).unwrap();
    fs::copy(packages().join("SHA256SUMS"), dir.join("SHA256SUMS")).unwrap();

    let image = format!("{}/team/fn", registry.host);
    let args =
        format!("args=--runtime provided.al2023 --base embedded --push\n -t {image}:v1 -t {image}2:v1");
    let action = |version: &str| {
        let mut command = steps(&place, "action.yml", &[args.clone(), format!("version={version}")]);
        command.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64").env("RUNNER_TEMP", place.dir("runner"));
        command.env("GITHUB_SERVER_URL", format!("file://{}", place.path("releases").display()));
        command.env("ACTION_REPOSITORY", "owner/lambda-img");
        command
    };
    let outputs: Value = serde_json::from_str(&must(&mut action("")).stdout).unwrap();
    let pushed = digest(&place, &format!("{image}:v1"));
    assert_eq!(outputs["digest"], pushed.as_str());
    assert_eq!(outputs["image"], format!("{image}@{pushed}"));
    assert_eq!(outputs["images"], format!("{image}@{pushed}\n{image}2@{pushed}"));
    let summary = fs::read_to_string(place.path("github-summary")).unwrap();
    assert!(summary.contains(&format!("| `{pushed}` |")), "{summary}");
    let installed = place.path(&format!("runner/lambda-img-{VERSION}-{TARGET}/lambda-img"));
    assert!(installed.is_file());

    let failed = run(&mut action("v0.0.1"));
    assert!(failed.code == Some(1) && failed.stderr.contains("v0.0.1"), "{failed:?}");
    // Somebody has put other bytes into the release.
    fs::write(dir.join(archive.file_name().unwrap()), "no archive").unwrap();
    let failed = run(&mut action(""));
    assert!(failed.code == Some(1) && failed.stderr.contains("FAILED"), "{failed:?}");
}

/// A PATH with a Cargo that notes what it is told in `compiled`, and has compiled it before.
fn compiles(place: &Place) -> String {
    let tool = env!("CARGO_BIN_EXE_lambda-img");
    let cargo = format!(
        "#!/bin/bash\necho \"$@\" >>{}\nmkdir -p \"${{@: -1}}/bin\"\nexec ln -s {tool} \"${{@: -1}}/bin/lambda-img\"\n",
        place.path("compiled").display()
    );
    place.script("cargo/cargo", cargo);
    format!("{}:{}", place.path("cargo").display(), std::env::var("PATH").unwrap())
}

#[test]
#[ignore = "nightly: compiles a release"]
fn the_github_action_in_a_clone_compiles_the_clone() {
    let (place, registry) = checkout();
    let image = format!("{}/team/fn", registry.host);
    let args = format!("args=--runtime provided.al2023 --base embedded --push -t {image}:v1");
    let mut action = steps(&place, "action.yml", &[args]);
    action.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64").env("RUNNER_TEMP", place.dir("runner"));
    // GitHub knows no repository of `uses: ./lambda-img`.
    action.env("ACTION_REPOSITORY", "");
    let outputs: Value = serde_json::from_str(&must(action.env("PATH", compiles(&place))).stdout).unwrap();
    assert_eq!(outputs["digest"], digest(&place, &format!("{image}:v1")).as_str());
    let root = place.path("runner/lambda-img");
    let compiled =
        format!("install --quiet --locked --path {} --root {}\n", env!("CARGO_MANIFEST_DIR"), root.display());
    assert_eq!(fs::read_to_string(place.path("compiled")).unwrap(), compiled);
}

#[test]
#[ignore = "nightly: compiles a release"]
fn the_gitlab_template_compiles_a_clone_once_builds_and_hands_on() {
    let (place, registry) = checkout();
    let path = compiles(&place);
    let commit = "git init -q lambda-img && cd lambda-img && git -c user.name=x -c user.email=x@example.com \
                  commit -q --allow-empty -m x && git rev-parse HEAD";
    let commit = must(place.program("sh").args(["-ec", commit]).current_dir(place.path("work"))).stdout;
    let image = format!("{}/team/fn", registry.host);
    let args = format!("LAMBDA_IMG_ARGS=--runtime provided.al2023 --base embedded --push -t {image}:v1");
    let mut job = steps(&place, "templates/lambda-img.yml", &[args]);
    let work = place.path("work");
    job.env("PATH", path).env("CI_PROJECT_DIR", &work);
    // The second pipeline has what the first one kept.
    for _ in 0..2 {
        let dotenv: Value = serde_json::from_str(&must(&mut job).stdout).unwrap();
        assert_eq!(dotenv["LAMBDA_IMG_IMAGE"], format!("{image}@{}", digest(&place, &format!("{image}:v1"))));
    }
    let root = work.join(".lambda-img-program").join(commit.trim());
    let compiled = format!("install --quiet --locked --path lambda-img --root {}\n", root.display());
    assert_eq!(fs::read_to_string(place.path("compiled")).unwrap(), compiled);
    assert!(work.join(".lambda-img-cache").is_dir(), "nothing is kept for the next pipeline");
}
