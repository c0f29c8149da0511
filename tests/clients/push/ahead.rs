//! What leaves while the rest is still being packed, and what does not before all checks passed.

use std::process::Stdio;

use serde_json::Value;

use super::{build, failed, function, tool};
use crate::harness::common::PATIENCE;
use crate::harness::emulator::{Emulator, Fault};
use crate::harness::support::{output, program, scratch};

#[test]
fn layers_leave_while_others_are_packed_and_none_with_a_secret() {
    let dir = scratch();
    let home = dir.path();
    // The layers with this in them take the longest, and come last.
    let function = function(home, 64 << 20);
    let key = function.join("server.key");
    output(program("openssl").args(["genrsa", "-out"]).arg(&key).arg("2048"));
    std::fs::create_dir(home.join("vendor")).unwrap();
    std::fs::write(home.join("vendor/library"), "0123456789".repeat(10_000)).unwrap();
    let registry = Emulator::start(&[]);
    let name = format!("{}/team/fn:v1", registry.host);
    let more = ["--add", "vendor:/opt/vendor", "-t", &name, "--push"];

    let asked = build(home, &function).args(more).args(["--dry-run", "--json", "--allow", "secret"]).output();
    let json: Value = serde_json::from_slice(&asked.unwrap().stdout).unwrap();
    let layers = json["images"][0]["layers"].as_array().unwrap();
    let digest = |part: &str| {
        let layer = layers.iter().find(|layer| layer["part"] == part).unwrap();
        layer["digest"].as_str().unwrap().to_owned()
    };
    assert!(registry.log().is_empty(), "a dry run asked {:?}", registry.log());

    let stopped = build(home, &function).args(more).arg("--no-cache").output().unwrap();
    failed(&stopped, 3, &["server.key", "nothing was published"]);
    let log = registry.log();
    let about = |part: &str| log.iter().filter(|line| line.contains(&digest(part))).count();
    assert!(about("base") > 0 && about("added files") > 1, "{log:#?}");
    assert_eq!(about("code"), 0, "{log:#?}");
    // Of what left while it was packed, nothing is a blob.
    assert!(!registry.state().blobs.keys().any(|(_, blob)| *blob == digest("code")));
    assert!(!log.iter().any(|line| line.contains("/manifests/")), "{log:#?}");

    // What went ahead is told once, by the push, as what it was.
    let pushed =
        build(home, &function).args(more).args(["--no-cache", "--json", "--allow", "secret"]).output();
    let json: Value = serde_json::from_slice(&pushed.unwrap().stdout).unwrap();
    let blobs = &json["images"][0]["pushed"][0]["blobs"];
    assert_eq!(blobs["sent"].as_u64().unwrap() + blobs["present"].as_u64().unwrap(), layers.len() as u64 + 1);
    assert!(blobs["sent_bytes"].as_u64().unwrap() > 60 << 20, "{blobs}");
}

#[test]
fn no_layer_of_an_earlier_build_leaves_with_a_secret() {
    let dir = scratch();
    let home = dir.path();
    // Long enough in the making for what goes ahead to be there.
    let function = function(home, 64 << 20);
    for (name, file) in [("vendor", "library"), ("keys", "server.key")] {
        std::fs::create_dir_all(home.join(name)).unwrap();
        std::fs::write(home.join(name).join(file), "0123456789".repeat(10_000)).unwrap();
    }
    output(program("openssl").args(["genrsa", "-out"]).arg(home.join("keys/server.key")).arg("2048"));
    let registry = Emulator::start(&[]);
    let name = format!("{}/team/fn:v1", registry.host);
    for (added, sent) in [("vendor", true), ("keys", false)] {
        let more = ["--add", &format!("{added}:/opt/{added}")];
        let before =
            build(home, &function).args(more).args(["--json", "--allow", "secret"]).output().unwrap();
        let json: Value = serde_json::from_slice(&before.stdout).unwrap();
        let layers = json["images"][0]["layers"].as_array().unwrap();
        let layer = layers.iter().find(|layer| layer["part"] == "added files").unwrap();
        let digest = layer["digest"].as_str().unwrap();

        // The function is another one now, and what is added was packed before.
        let key = function.join("other.key");
        output(program("openssl").args(["genrsa", "-out"]).arg(&key).arg("2048"));
        let stopped = build(home, &function).args(more).args(["-t", &name, "--push"]).output().unwrap();
        failed(&stopped, 3, &["other.key", "nothing was published"]);
        std::fs::remove_file(&key).unwrap();
        let log = registry.log();
        assert_eq!(log.iter().any(|line| line.contains(digest)), sent, "{added}: {log:#?}");
    }
}

#[test]
fn a_base_travels_once_to_several_registries() {
    let dir = scratch();
    let home = dir.path();
    let function = function(home, 1 << 10);
    let [source, here, there] = [(); 3].map(|()| Emulator::start(&[]));
    let base = format!("{}/base:v1", source.host);
    let pushed = build(home, &function).args(["-t", &base, "--push", "--json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&pushed.stdout).unwrap();
    let layers: Vec<_> = json["images"][0]["layers"].as_array().unwrap().clone();
    source.log();
    std::fs::remove_dir_all(home.join("cache")).unwrap();

    let targets = [&here, &there].map(|registry| format!("{}/fn:v1", registry.host));
    let mut command = tool(home);
    command.arg("build").arg(&function).args(["--runtime", "provided.al2023", "--base", &base]);
    command.args(["--add", "function:/opt/more", "--push", "-t", &targets[0], "-t", &targets[1]]);
    output(&mut command);
    let log = source.log();
    for (at, layer) in layers.iter().enumerate() {
        let blob = format!("/blobs/{}", layer["digest"].as_str().unwrap());
        let fetched = log.iter().filter(|line| line.starts_with("GET") && line.contains(&blob)).count();
        // The layers of the same function are made here, too, and may be there before they are asked for.
        assert!(fetched == 1 || (at > 0 && fetched == 0), "{log:#?}");
    }
    for registry in [&here, &there] {
        assert!(registry.log().iter().any(|line| line.starts_with("PUT") && line.contains("/manifests/v1")));
    }
}

#[test]
fn a_large_layer_leaves_while_it_is_packed_and_one_that_is_killed_on_the_way_is_no_blob() {
    let dir = scratch();
    let home = dir.path();
    let function = function(home, 12 << 20);
    let registry = Emulator::start(&[]);
    let name = format!("{}/team/fn:v1", registry.host);
    let start = || {
        let mut command = build(home, &function);
        command.args(["-t", &name, "--push", "--json", "--no-cache"]).stdout(Stdio::piped());
        command.stderr(Stdio::null()).spawn().unwrap()
    };
    let sent = |log: &[String]| {
        let patches = log.iter().filter(|line| line.starts_with("PATCH"));
        let sizes = patches.filter_map(|line| line.rsplit_once(" [")?.1.strip_suffix(']')?.parse().ok());
        sizes.filter(|size: &usize| *size > 12 << 20).count()
    };

    // The registry has all of it, and never answers.
    registry.fault("PATCH", 99, Fault::Stall(PATIENCE));
    let mut killed = start();
    registry.wait_for("PATCH");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(registry.state().blobs.values().all(|blob| blob.len() < 12 << 20));
    registry.state().forget_faults();
    registry.log();

    let pushed = start().wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&pushed.stdout).unwrap();
    assert!(json["images"][0]["pushed"][0]["blobs"]["sent_bytes"].as_u64().unwrap() > 12 << 20, "{json}");
    let log = registry.log();
    assert_eq!(sent(&log), 1, "{log:#?}");
    // It was on its way before anything was asked about it.
    let layer = json["images"][0]["layers"].as_array().unwrap().last().unwrap()["digest"].as_str().unwrap();
    let first = |part: &str| log.iter().position(|line| line.contains(part));
    assert!(first("POST") < first(&format!("HEAD /v2/team/fn/blobs/{layer}")), "{log:#?}");
}
