//! What a push tells: of targets that fail, of what it did, of what it waits for.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::{digest, output, text, tool};
use crate::harness::emulator::{Emulator, Fault};
use crate::harness::support::scratch;

/// A function of one small file, which starts nothing.
const BUILD: [&str; 10] = [
    "build",
    "plain",
    "--runtime",
    "provided.al2023",
    "--base",
    "scratch",
    "--entrypoint",
    "/x",
    "--allow",
    "start-missing",
];

/// A layout `image:v1` of one small layer.
fn image(home: &Path) -> String {
    fs::create_dir(home.join("plain")).unwrap();
    fs::write(home.join("plain/data"), "data").unwrap();
    let made = output(tool(home).args(BUILD).args(["-q", "-o", "oci:image:v1"]));
    digest(&made).to_owned()
}

fn push(home: &Path, args: &[&str]) -> Output {
    tool(home)
        .args(["push", "--allow", "start-missing", "--retries", "0", "oci:image:v1"])
        .args(args)
        .output()
        .unwrap()
}

/// Exit code, stdout and stderr, hosts by their names.
fn said(out: &Output, hosts: &[(&Emulator, &str)]) -> (i32, String, String) {
    let named = |bytes: &[u8]| {
        hosts.iter().fold(text(bytes), |words, (registry, name)| words.replace(&registry.host, name))
    };
    (out.status.code().unwrap(), named(&out.stdout), named(&out.stderr))
}

const REFUSED: &[u8] = br#"{"errors":[{"code":"DENIED","message":"no"}]}"#;

#[test]
fn a_push_that_stops_on_its_way_tells_what_stands() {
    let dir = scratch();
    let home = dir.path();
    let digest = image(home);
    let (a, b) = (Emulator::start(&[]), Emulator::start(&[]));
    let hosts = [(&a, "A"), (&b, "B")];
    b.fault("POST", 99, Fault::Answer(403, vec![], REFUSED.to_vec()));
    let targets = [format!("{}/f:v1", a.host), format!("{}/f:v2", a.host), format!("{}/g:v1", b.host)];
    let third = format!("{}/f:v3", a.host);
    let names = [&targets[0], &targets[1], &targets[2], &third].map(String::as_str);
    let (code, out, err) = said(&push(home, &names), &hosts);
    assert_eq!((code, out), (1, format!("A/f@{digest}\n")), "{err}");
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(lines[0], "already pushed");
    assert!(lines[1].starts_with(&format!("  A/f@{digest} (v1, v2): sent 2 blobs")), "{err}");
    assert_eq!(lines[2], "not pushed: B/g:v1, A/f:v3");
    assert!(lines[3].starts_with("error: POST http://B/v2/g/blobs/uploads/: status 403: DENIED no"), "{err}");
    assert!(lines[4].starts_with("hint: "), "{err}");
    // To a program, and to who wants to hear errors alone: the same.
    let (code, out, err) = said(&push(home, &[&names[..], &["--json", "-q"]].concat()), &hosts);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["version"]), (1, &1.into()));
    assert_eq!(json["pushed"][0]["reference"], format!("A/f@{digest}"));
    assert_eq!(json["pushed"][0]["tags"], serde_json::json!(["v1", "v2"]));
    assert_eq!(json["not_pushed"], serde_json::json!(["B/g:v1", "A/f:v3"]));
    assert!(err.contains("not pushed: B/g:v1, A/f:v3"), "{err}");
    // A build of two architectures, of which one arrives; no local output looks as if all had.
    fs::write(home.join("plain/data"), "another").unwrap();
    a.fault("PUT /v2/f/manifests/v4-arm64", 9, Fault::Answer(403, vec![], REFUSED.to_vec()));
    let target = format!("{}/f:v4", a.host);
    let more = ["-a", "x86_64,arm64", "--push", "-t", &target, "-o", "oci:out:v4", "--retries", "0"];
    let (code, out, err) = said(&tool(home).args(BUILD).args(more).output().unwrap(), &hosts);
    assert_eq!((code, out.lines().count()), (1, 1), "{err}");
    assert!(out.starts_with("A/f@sha256:") && err.contains("(v4-x86_64)"), "{out}{err}");
    assert!(err.contains("not pushed: A/f:v4-arm64\nerror: ") && !home.join("out").exists(), "{err}");
    // One target that fails is told by its error alone.
    let (code, out, err) = said(&push(home, &[names[2]]), &hosts);
    assert_eq!((code, out.as_str(), err.lines().count()), (1, "", 2), "{err}");
}

#[test]
fn of_a_fleet_what_stands_of_a_function_that_failed_is_told() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    let (a, b) = (Emulator::start(&[]), Emulator::start(&[]));
    b.fault("POST /v2/two", 99, Fault::Answer(403, vec![], REFUSED.to_vec()));
    let defaults = r#"path = "plain"
runtime = "provided.al2023"
base = "scratch"
entrypoint = "/x"
allow = ["start-missing"]
retries = 0"#;
    let tags = format!("tag = [\"{}/{{name}}:v1\", \"{}/{{name}}:v1\"]", a.host, b.host);
    let functions = "[functions.one]\n[functions.two]\nlabel = { a = \"b\" }\n";
    fs::write(home.join("lambda-img.toml"), format!("[defaults]\n{defaults}\n{tags}\n{functions}")).unwrap();
    let build = |more: &[&str]| {
        let out = tool(home).args(["build", "--all", "--push", "-j", "1"]).args(more).output().unwrap();
        said(&out, &[(&a, "A"), (&b, "B")])
    };
    let (code, out, err) = build(&[]);
    assert_eq!(code, 1, "{err}");
    let names: Vec<_> = out.lines().map(|line| line.split_once('@').unwrap().0).collect();
    assert_eq!(names, ["A/one", "B/one", "A/two"], "{err}");
    assert!(err.contains("two:\nalready pushed\n  A/two@sha256:"), "{err}");
    assert!(err.contains("not pushed: B/two:v1\nerror: POST http://B/v2/two/blobs/uploads/"), "{err}");
    assert!(err.ends_with("error: 1 of 2 functions failed: `two`\n"), "{err}");
    let (_, out, _) = build(&["--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    let two = &json["functions"][1];
    assert_eq!(
        (&two["exit_code"], &two["not_pushed"]),
        (&1.into(), &serde_json::json!(["B/two:v1"])),
        "{two}"
    );
    assert!(two["pushed"][0]["reference"].as_str().unwrap().starts_with("A/two@"), "{two}");
}

#[test]
fn an_interrupt_tells_what_stands() {
    let dir = scratch();
    let home = dir.path();
    let digest = image(home);
    let (a, b) = (Emulator::start(&[]), Emulator::start(&[]));
    b.fault("HEAD", 9, Fault::Stall(std::time::Duration::from_secs(20)));
    let child = tool(home)
        .args([
            "push",
            "--allow",
            "start-missing",
            "oci:image:v1",
            &format!("{}/f:v1", a.host),
            &format!("{}/f:v1", b.host),
        ])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    b.wait_for("HEAD");
    output(super::program("kill").args(["-INT", &child.id().to_string()]));
    let out = child.wait_with_output().unwrap();
    let (code, out, err) = said(&out, &[(&a, "A"), (&b, "B")]);
    assert_eq!((code, out), (130, format!("A/f@{digest}\n")), "{err}");
    assert!(err.ends_with("not pushed: B/f:v1\nerror: interrupted\n"), "{err}");
}

#[test]
fn what_was_done_is_told_for_each_blob() {
    let dir = scratch();
    let home = dir.path();
    let digest = image(home);
    let a = Emulator::start(&[]);
    let (v1, v2) = (format!("{}/f:v1", a.host), format!("{}/f:v2", a.host));
    let verbose = text(&push(home, &[&v1, "-v"]).stderr);
    let rows: Vec<_> = verbose.lines().filter(|line| line.starts_with("    sent")).collect();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.contains(" B  sha256:")), "{verbose}");
    // A new tag: nothing is sent, and nothing was looked for.
    let (code, out, err) = said(&push(home, &[&v2]), &[(&a, "A")]);
    assert_eq!((code, out), (0, format!("A/f@{digest}\n")));
    assert!(err.contains("(v2): the image already existed, only tags were set"), "{err}");
    let (_, _, err) = said(&push(home, &[&v1, &v2]), &[(&a, "A")]);
    assert!(err.contains("(v1, v2): already published"), "{err}");
    // In another repository they are mounted.
    let verbose = text(&push(home, &[&v1, &format!("{}/g:v1", a.host), "-v"]).stderr);
    let mounted = verbose.lines().filter(|line| line.starts_with("    mounted")).count();
    assert!(mounted == 2 && verbose.contains("sent 0 blobs (0 B), mounted 2, 0 already there"), "{verbose}");
    assert_eq!(push(home, &[&v1, "-v", "-q"]).status.code(), Some(2));
}

#[test]
fn repositories_are_created_at_ecr_alone_and_that_is_said() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    let a = Emulator::start(&[]);
    let names = [format!("{}/f:v1", a.host), format!("{}/f:v2", a.host)];
    let args = [&names[0], &names[1], "--create-repository"];
    let (code, _, err) = said(&push(home, &args), &[(&a, "A")]);
    assert_eq!(code, 0, "{err}");
    let first = err.lines().next().unwrap();
    assert_eq!(first, "warning: `--create-repository` has no effect at A: it is for Amazon ECR");
    assert_eq!(err.matches("warning").count(), 1, "{err}");
    assert_eq!(text(&push(home, &[&args[..], &["-q"]].concat()).stderr), "");
}

#[test]
fn certificates_are_looked_at_before_anything_is_asked() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    let a = Emulator::start(&[]);
    fs::write(home.join("empty.pem"), "").unwrap();
    fs::write(home.join("bad.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        .unwrap();
    let target = format!("{}/f:v1", a.host);
    for (file, words) in [
        ("none.pem", "error: `--ca-cert`: `none.pem` is not a readable PEM file: "),
        ("empty.pem", "error: `--ca-cert`: `empty.pem` contains no certificate"),
        ("bad.pem", "error: `--ca-cert`: a certificate in `bad.pem` is invalid: "),
    ] {
        let (code, out, err) = said(&push(home, &[&target, "--ca-cert", file]), &[]);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.starts_with(words) && err.contains("hint: give a PEM file"), "{err}");
    }
    assert!(a.log().is_empty());
}

#[test]
fn a_helper_that_takes_its_time_is_named() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    let a = Emulator::start(&[]);
    a.state().auth = Some(("Basic dTpw".into(), "Basic realm=\"x\"".into()));
    let bin = home.join("bin");
    fs::create_dir(&bin).unwrap();
    let helper = bin.join("docker-credential-slow");
    // Longer than the tool is silent about it.
    fs::write(&helper, "#!/bin/sh\nsleep 3\necho '{\"Username\":\"u\",\"Secret\":\"p\"}'\n").unwrap();
    fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(home.join(".docker")).unwrap();
    fs::write(home.join(".docker/config.json"), r#"{"credsStore": "slow"}"#).unwrap();
    let paths = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&paths))).unwrap();
    let push = |more: &[&str]| {
        let target = format!("{}/f:v1", a.host);
        let mut command = tool(home);
        let out = command
            .args(["push", "--allow", "start-missing", "oci:image:v1", &target])
            .args(more)
            .env("PATH", &path)
            .output();
        said(&out.unwrap(), &[])
    };
    let (code, _, err) = push(&[]);
    assert_eq!(code, 0, "{err}");
    assert!(err.starts_with("waiting for `docker-credential-slow`, at most 60 s\n"), "{err}");
    assert_eq!(push(&["-q"]).2, "");
}

#[test]
fn the_part_of_a_registry_that_a_credential_is_for_is_named() {
    let dir = scratch();
    let home = dir.path();
    image(home);
    let a = Emulator::start(&[]);
    a.state().auth = Some(("Basic dTpw".into(), "Basic realm=\"x\"".into()));
    fs::create_dir(home.join(".docker")).unwrap();
    let config = format!(r#"{{"auths": {{"{}/team": {{"username": "u", "password": "wr0ng"}}}}}}"#, a.host);
    fs::write(home.join(".docker/config.json"), config).unwrap();
    let (code, _, err) = said(&push(home, &[&format!("{}/team/f:v1", a.host)]), &[(&a, "A")]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("hint: `lambda-img auth check A/team/f` shows which credential is used"), "{err}");
    let check = |place: String| {
        let out = tool(home).args(["auth", "check", &place, "--retries", "0"]).output().unwrap();
        said(&out, &[(&a, "A")])
    };
    // It does not recommend itself.
    for (place, words) in [
        (format!("{}/team/f", a.host), "A refuses the credential from"),
        (format!("{}/other", a.host), "hint: log in with `lambda-img login A`"),
    ] {
        let (code, _, err) = check(place);
        assert_eq!(code, 1, "{err}");
        assert!(err.contains(words) && !err.contains("auth check") && !err.contains("wr0ng"), "{err}");
    }
    fs::write(home.join(".docker/config.json"), r#"{"credsStore": "no-such"}"#).unwrap();
    let (code, _, err) = check(a.host.clone());
    assert_eq!(code, 1, "{err}");
    assert!(
        err.contains(
            "hint: run the helper yourself to see its message: `printf %s A | docker-credential-no-such get`"
        ),
        "{err}"
    );
}

#[test]
fn auth_check_asks_for_what_a_push_asks_for_and_leaves_nothing() {
    let dir = scratch();
    let home = dir.path();
    let a = Emulator::start(&[]);
    let place = format!("{}/team/f", a.host);
    let check = |more: &[&str]| {
        let mut command = tool(home);
        let out = command.args(["auth", "check", &place, "--push", "--retries", "0"]).args(more).output();
        said(&out.unwrap(), &[(&a, "A")])
    };
    let (code, out, err) = check(&[]);
    assert_eq!(code, 0, "{err}");
    for row in ["read manifests   allowed\n", "look for layers  allowed\n", "begin uploads    allowed\n"] {
        assert!(out.contains(row), "{out}");
    }
    assert!(
        out.contains("the rest can only be checked by a push: sending layers, putting manifests"),
        "{out}"
    );
    let nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(
        a.log(),
        [
            "GET /v2/".to_owned(),
            format!("GET /v2/team/f/manifests/{nothing}"),
            format!("HEAD /v2/team/f/blobs/{nothing}"),
            "POST /v2/team/f/blobs/uploads/".to_owned(),
            "DELETE /v2/team/f/blobs/uploads/1".to_owned(),
        ]
    );
    a.fault("POST", 9, Fault::Answer(403, vec![], REFUSED.to_vec()));
    a.fault("HEAD", 9, Fault::Answer(405, vec![], vec![]));
    let (code, out, err) = check(&["--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    let allowed: Vec<_> =
        json["asked"].as_array().unwrap().iter().map(|one| one["allowed"].clone()).collect();
    assert_eq!(allowed, [Value::Bool(true), Value::Null, Value::Bool(false)]);
    assert_eq!((code, &json["usable"], &json["missing"]), (1, &false.into(), &serde_json::json!([])));
    assert!(err.starts_with("error: POST http://A/v2/team/f/blobs/uploads/: status 403: DENIED no"), "{err}");
    let out = tool(home).args(["auth", "check", &a.host, "--push"]).output().unwrap();
    let (code, _, err) = said(&out, &[(&a, "A")]);
    assert!(code == 2 && err.contains("hint: name it, as in `A/REPOSITORY`"), "{err}");
}
