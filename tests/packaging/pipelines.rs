//! The GitHub action and the GitLab template: their steps, run as their runners do, against a local registry.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::{Place, must, run};
use crate::{TARGET, VERSION, helpers, package, packages, repository};

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
    command.arg(repository("tests/packaging/steps.py")).arg(repository(file)).arg(place.path("")).args(given);
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
        command.env("ACTION_REPOSITORY", "owner/lambda-img").env("ACTION_REF", format!("v{VERSION}"));
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

#[test]
fn the_gitlab_template_installs_the_wheel_builds_and_hands_on() {
    let (place, registry) = checkout();
    must(place.program("python3").args(["-m", "venv", "venv"]));
    let image = format!("{}/team/fn", registry.host);
    let args = format!("LAMBDA_IMG_ARGS=--runtime provided.al2023 --base embedded --push -t {image}:v1");
    let path = format!("{}:{}", place.path("venv/bin").display(), std::env::var("PATH").unwrap());
    let mut job = steps(&place, "templates/lambda-img.yml", &[args]);
    // PyPI, as far as the job needs it.
    job.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", packages()).env("PATH", path);
    let work = place.path("work");
    let dotenv: Value = serde_json::from_str(&must(job.env("CI_PROJECT_DIR", &work)).stdout).unwrap();
    assert_eq!(dotenv["LAMBDA_IMG_IMAGE"], format!("{image}@{}", digest(&place, &format!("{image}:v1"))));
    assert!(place.path("venv/bin/lambda-img").is_file());
    assert!(work.join(".lambda-img-cache").is_dir(), "nothing is kept for the next pipeline");
}
