//! Pushes to Debian's docker-registry: what arrives, what is sent, what is left when it is cut short.

use crate::harness::helpers::certificate;
use crate::harness::suites::push::*;
use crate::harness::support::{Docker, Podman, output, program, scratch};
use serde_json::Value;
use std::fs::{self};
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

mod ahead;
mod login;
mod logins;
mod together;
mod told;

#[test]
fn what_is_built_arrives_and_the_second_push_sends_nothing() {
    let dir = scratch();
    let (home, registry) = (dir.path(), Registry::plain(dir.path()));
    let (function, host) = (function(home, 3 << 20), &registry.host);
    let args = [
        "-t",
        &format!("{host}/team/fn:v1"),
        "-t",
        &format!("{host}/team/fn:v2"),
        "-t",
        &format!("{host}/other:v1"),
        "--push",
    ];
    let first = output(build(home, &function).args(args));
    let lines: Vec<_> = first.lines().collect();
    assert_eq!(lines.len(), 2, "one line for each repository: {first}");
    assert!(
        lines[0].starts_with(&format!("{host}/team/fn@sha256:"))
            && lines[1].starts_with(&format!("{host}/other@"))
    );
    assert!(!home.join("lambda-image").exists(), "a local output that nobody asked for");
    // Four blobs went over the wire once; the other repository mounted them.
    let writes = registry.writes();
    let count = |part: &str| writes.iter().filter(|line| line.contains(part)).count();
    assert_eq!(count("PATCH "), 4, "{writes:#?}");
    assert_eq!(count("mount="), 4, "{writes:#?}");
    assert_eq!(count("/manifests/"), 3, "{writes:#?}");
    let again = build(home, &function).args(args).output().unwrap();
    assert_eq!(text(&again.stdout), first);
    assert_eq!(text(&again.stderr).matches("already published").count(), 2, "{}", text(&again.stderr));
    assert_eq!(registry.writes(), writes, "the second push wrote");
    // The same image in a local layout, and its report.
    let layout = home.join("out");
    let both = output(build(home, &function).args(args).args([
        "--json",
        "-o",
        &format!("oci:{}:v1", layout.display()),
    ]));
    let json: Value = serde_json::from_str(&both).unwrap();
    let image = &json["images"][0];
    assert_eq!(image["digest"], digest(lines[0]));
    assert_eq!(image["pushed"][0]["tags"], serde_json::json!(["v1", "v2"]));
    assert_eq!(
        (&image["pushed"][0]["already_published"], &image["pushed"][0]["blobs"]["sent_bytes"]),
        (&true.into(), &0.into())
    );
    assert!(layout.join("index.json").exists());
    // skopeo's copies keep every digest, there and back.
    let skopeo = |from: &str, to: &str| {
        output(program("skopeo").args([
            "copy",
            "-q",
            "--preserve-digests",
            "--src-tls-verify=false",
            "--dest-tls-verify=false",
            from,
            to,
        ]))
    };
    skopeo(&format!("docker://{host}/team/fn:v1"), &format!("oci:{}:x", home.join("copy").display()));
    skopeo(&format!("oci:{}:x", home.join("copy").display()), &format!("docker://{host}/third:x"));
    let pushed = output(tool(home).args([
        "push",
        &format!("oci:{}:x", home.join("copy").display()),
        &format!("{host}/third:x"),
    ]));
    assert_eq!(pushed, format!("{host}/third@{}\n", digest(lines[0])));
    // Engines run it.
    let podman = Podman::new();
    podman.run(&["pull", "-q", "--tls-verify=false", &format!("{host}/team/fn:v1")]);
    let said = podman.run(&["run", "--rm", "--network=none", &format!("{host}/team/fn:v1")]);
    assert_eq!(said, "hello from the image");
}

#[test]
fn a_docker_engine_pulls_and_runs_it() {
    let dir = scratch();
    let (home, registry) = (dir.path(), Registry::plain(dir.path()));
    let function = function(home, 1 << 20);
    let name = format!("{}/fn:v1", registry.host);
    let pinned = output(build(home, &function).args(["-t", &name, "--push"]));
    let docker = Docker::start();
    docker.run(&["pull", "-q", pinned.trim()]);
    assert_eq!(docker.run(&["run", "--rm", "--network=none", pinned.trim()]), "hello from the image");
}

#[test]
fn copies_keep_the_bytes_and_mount_in_their_registry() {
    let dir = scratch();
    let other = scratch();
    let (home, registry) = (dir.path(), Registry::plain(dir.path()));
    let (far, host) = (Registry::plain(other.path()), &registry.host);
    let function = function(home, 2 << 20);
    let archs = ["--arch", "x86_64,arm64", "--entrypoint", "/x", "--allow", "start-missing", "-o"];
    let plain = function.parent().unwrap().join("plain");
    fs::create_dir(&plain).unwrap();
    fs::write(plain.join("data"), "hello").unwrap();
    let push = output(build(home, &plain).args(&archs[..6]).args(["-t", &format!("{host}/fn:v1"), "--push"]));
    assert_eq!(push.lines().count(), 2, "{push}");
    for (line, tag) in push.lines().zip(["v1-x86_64", "v1-arm64"]) {
        let copied = output(tool(home).args([
            "push",
            &format!("{host}/fn:{tag}"),
            &format!("{host}/copy:{tag}"),
            &format!("{}/copy:{tag}", far.host),
        ]));
        let wanted: String = [host, &far.host].map(|host| format!("{host}/copy@{}\n", digest(line))).concat();
        assert_eq!(copied, wanted);
    }
    // Layers were mounted; each image's configuration is sent, a kilobyte.
    let writes = registry.writes();
    let copies: Vec<_> = writes.iter().filter(|line| line.contains("/v2/copy/")).collect();
    assert_eq!(copies.iter().filter(|line| line.starts_with("PATCH")).count(), 2, "{copies:#?}");
    assert_eq!(copies.iter().filter(|line| line.contains("mount=")).count(), 2, "{copies:#?}");
    // Every kind of local image: the digest is the image's own.
    let made = output(build(home, &function).args([
        "-o",
        "oci:layout:v1",
        "-o",
        "oci-archive:a.tar:v1",
        "-o",
        "docker-archive:d.tar:fn:v1",
    ]));
    for source in ["oci:layout:v1", "oci-archive:a.tar"] {
        let pushed = output(tool(home).args(["push", source, &format!("{host}/local:v1")]));
        assert_eq!(digest(&pushed), digest(made.lines().next().unwrap()));
    }
    output(tool(home).args(["push", "docker-archive:d.tar", &format!("{host}/docker")]));
    // An index is no image: one of it is.
    output(build(home, &plain).args(archs).arg("oci:two:v1"));
    let index = format!("{host}/index:v1");
    for arch in ["x86_64", "arm64"] {
        output(program("skopeo").args([
            "copy",
            "-q",
            "--dest-tls-verify=false",
            &format!("oci:{}:v1-{arch}", home.join("two").display()),
            &format!("docker://{host}/index:{arch}"),
        ]));
    }
    index_of(&registry, &push);
    let refused = tool(home).args(["push", &index, &format!("{host}/one:v1")]).output().unwrap();
    failed(&refused, 1, &["is an index of linux/amd64, linux/arm64", "--arch x86_64"]);
    let one = output(tool(home).args(["push", "--arch", "arm64", &index, &format!("{host}/one:v1")]));
    assert_eq!(digest(&one), digest(push.lines().nth(1).unwrap()));
    // What is not there, or not an image.
    let missing =
        tool(home).args(["push", &format!("{host}/no:v1"), &format!("{host}/one:v1")]).output().unwrap();
    failed(&missing, 1, &["image `", "MANIFEST_UNKNOWN"]);
    failed(
        &tool(home).args(["push", "scratch", &index]).output().unwrap(),
        1,
        &["`scratch` is not an image that can be pushed"],
    );
}

#[test]
fn passwords_and_certificates() {
    let dir = scratch();
    let home = dir.path();
    let plain = function(home, 1024);
    let (cert, key) = certificate(home);
    fs::write(home.join("htpasswd"), output(program("htpasswd").args(["-Bbn", "user", "hunter2secret"])))
        .unwrap();
    let tls = format!("  tls:\n    certificate: {}\n    key: {}\n", cert.display(), key.display());
    let auth =
        format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", home.join("htpasswd").display());
    let registry = Registry::start(home, &tls, &auth);
    let (host, name) = (&registry.host, format!("{}/fn:v1", registry.host));
    let target = ["-t", &name, "--push", "-v"];
    let trusted = ["--ca-cert", cert.to_str().unwrap()];
    let mut said = String::new();
    let mut keep = |out: &Output| said += &(text(&out.stdout) + &text(&out.stderr));
    let untrusted = build(home, &plain).args(target).output().unwrap();
    failed(&untrusted, 1, &["cannot set up a trusted TLS connection", "--ca-cert"]);
    let anonymous = build(home, &plain).args(target).args(trusted).output().unwrap();
    failed(
        &anonymous,
        1,
        &[
            "status 401",
            "credentials: none",
            &format!("lambda-img auth check {host}"),
            "no credential was found",
        ],
    );
    let with = |password: &str, mut command: Command| {
        let mut child = command
            .args(["--username", "user", "--password-stdin"])
            .args(trusted)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let push = || {
        let mut command = build(home, &plain);
        command.args(target);
        command
    };
    let wrong = with("wrong-guess", push());
    failed(&wrong, 1, &["credentials: the command line"]);
    let right = with("hunter2secret", push());
    assert!(right.status.success(), "{}", text(&right.stderr));
    let check = || {
        let mut command = tool(home);
        command.args(["auth", "check", host]);
        command
    };
    let good = with("hunter2secret", check());
    assert!(good.status.success() && text(&good.stdout).contains("accepts it"), "{}", text(&good.stderr));
    let bad = with("wrong-guess", check());
    assert_eq!(bad.status.code(), Some(1));
    assert!(text(&bad.stdout).contains("refuses it"), "{}", text(&bad.stdout));
    let none = check().args(trusted).args(["--json"]).output().unwrap();
    assert_eq!(none.status.code(), Some(1));
    let json: Value = serde_json::from_slice(&none.stdout).unwrap();
    assert_eq!((&json["usable"], &json["provider"]), (&false.into(), &Value::Null));
    // What `docker login` leaves.
    fs::create_dir(home.join(".docker")).unwrap();
    let config = format!(r#"{{"auths": {{"{host}": {{"auth": "dXNlcjpodW50ZXIyc2VjcmV0"}}}}}}"#);
    fs::write(home.join(".docker/config.json"), config).unwrap();
    let login = push().args(trusted).output().unwrap();
    assert!(text(&login.stderr).contains("already published"), "{}", text(&login.stderr));
    // On a base in it, to another repository of it.
    let more = home.join("more");
    fs::create_dir(&more).unwrap();
    fs::write(more.join("more"), "more").unwrap();
    let mut derived = tool(home);
    derived.arg("build").arg(&more).args([
        "--runtime",
        "provided.al2023",
        "--base",
        &name,
        "--push",
        "--json",
    ]);
    derived
        .args(["--entrypoint", "/var/runtime/bootstrap", "-t", &format!("{host}/derived:v1")])
        .args(trusted);
    let derived = derived.output().unwrap();
    let json: Value =
        serde_json::from_slice(&derived.stdout).unwrap_or_else(|_| panic!("{}", text(&derived.stderr)));
    assert_eq!(json["images"][0]["pushed"][0]["blobs"]["mounted"], 3, "{json:#}");
    [&anonymous, &wrong, &right, &good, &bad, &none, &login, &derived].into_iter().for_each(&mut keep);
    for secret in ["hunter2secret", "wrong-guess", "dXNlcjpodW50ZXIyc2VjcmV0"] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[test]
fn usage_errors_name_the_fix() {
    let dir = scratch();
    let run = |args: &[&str]| tool(dir.path()).args(args).output().unwrap();
    let build = ["build", ".", "--runtime", "provided.al2023", "--base", "scratch"];
    let with = |more: &[&str]| run(&[&build, more].concat());
    failed(&with(&["--push"]), 2, &["`--push` needs an image reference", "-t REGISTRY/REPOSITORY:TAG"]);
    failed(&with(&["-t", "r.example/x:v1"]), 2, &["`-t` has no effect without `--push`", "add `--push`"]);
    failed(&with(&["--push", "--offline", "-t", "r.example/x:v1"]), 2, &["--offline"]);
    for (value, why) in [
        ("x:v1", "has no registry"),
        ("r.example/x", "has no tag"),
        ("r.example/X:v1", "upper-case"),
        ("https://r.example/x:v1", "scheme"),
    ] {
        failed(&with(&["--push", "-t", value]), 2, &[why]);
    }
    for args in [
        ["--registry-mirror", "r.example"],
        ["--insecure-registry", "http://r.example"],
        ["--timeout", "0"],
        ["--retries", "-1"],
    ] {
        assert_eq!(with(&args).status.code(), Some(2), "{args:?}");
    }
    let two = with(&[
        "--push",
        "-t",
        "r.example/x:v1",
        "-t",
        "s.example/x:v1",
        "--username",
        "u",
        "--password-stdin",
    ]);
    failed(&two, 2, &["`--username` is for one registry"]);
    failed(&run(&["push", "oci:nothing", "r.example/x:v1"]), 1, &["image `oci:nothing`"]);
    assert_eq!(run(&["auth", "check", "https://r.example"]).status.code(), Some(2));
    // A password where only a host belongs is not repeated.
    let login = "AWS:eyJwYXls/b2FkIjo=";
    let url = format!("https://{login}@r.example/x:v1");
    let user = format!("{login}@r.example/x:v1");
    for args in [
        &["push", "oci:nothing", &url][..],
        &["push", "oci:nothing", &user],
        &["push", &user, "r.example/x:v1"],
        &["auth", "check", &user],
        &["base", "verify", "--registry-mirror", &format!("a.example={user}")],
        &["base", "verify", "--insecure-registry", &user],
        &["inspect", &url],
        &[&build[..], &["--push", "-t", &user]].concat(),
        &[&build[..4], &["--base", &url]].concat(),
    ] {
        let said = text(&run(args).stderr);
        assert!(said.contains("AWS:…@r.example") && !said.contains("eyJ"), "{args:?}: {said}");
    }
    fs::write(dir.path().join("lambda-img.toml"), format!("[functions.f]\nbase = \"{user}\"\n")).unwrap();
    let said = text(&run(&["build", "f"]).stderr);
    assert!(said.contains("AWS:…@r.example") && !said.contains("eyJ"), "{said}");
}

#[test]
fn an_interrupted_push_ends_soon_and_leaves_nothing() {
    let dir = scratch();
    let function = function(dir.path(), 1 << 20);
    // Takes connections and never says anything.
    let deaf = TcpListener::bind("127.0.0.1:0").unwrap();
    let name = format!("{}/fn:v1", deaf.local_addr().unwrap());
    let temporary = dir.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    let child = build(dir.path(), &function)
        .args(["-t", &name, "--push", "-o", "oci:out"])
        .env("TMPDIR", &temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let accepted = deaf.accept().unwrap();
    output(program("kill").args(["-INT", &child.id().to_string()]));
    let out = child.wait_with_output().unwrap();
    failed(&out, 130, &["interrupted"]);
    drop(accepted);
    assert!(!dir.path().join("out").exists());
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".lambda-img-")), "{left:?}");
}

#[test]
fn two_pushes_at_once_corrupt_nothing() {
    let dir = scratch();
    let (home, registry) = (dir.path(), Registry::plain(dir.path()));
    let function = function(home, 6 << 20);
    for round in 0..3 {
        let name = format!("{}/fn{round}:v1", registry.host);
        let start = || {
            build(home, &function)
                .args(["-t", &name, "--push"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        };
        let both = [start(), start()].map(|child| child.wait_with_output().unwrap());
        let lines = both.map(|out| {
            assert!(out.status.success(), "{}", text(&out.stderr));
            text(&out.stdout)
        });
        assert_eq!(lines[0], lines[1]);
        let pull = format!("oci:{}:{round}", home.join("pulled").display());
        output(program("skopeo").args([
            "copy",
            "-q",
            "--preserve-digests",
            "--src-tls-verify=false",
            &format!("docker://{}", lines[0].trim()),
            &pull,
        ]));
    }
}

#[test]
fn a_base_of_the_same_registry_is_mounted_and_never_downloaded() {
    let dir = scratch();
    let (home, registry) = (dir.path(), Registry::plain(dir.path()));
    let function = function(home, 2 << 20);
    let base = output(build(home, &function).args(["-t", &format!("{}/base:v1", registry.host), "--push"]));
    let more = home.join("more");
    fs::create_dir(&more).unwrap();
    fs::write(more.join("more"), "more").unwrap();
    let mut derived = tool(home);
    derived.arg("build").arg(&more).args(["--runtime", "provided.al2023", "--base", base.trim()]);
    derived.args(["--entrypoint", "/var/runtime/bootstrap", "--push", "--json"]);
    derived.args(["-t", &format!("{}/derived:v1", registry.host)]);
    let json: Value = serde_json::from_str(&output(&mut derived)).unwrap();
    let blobs = &json["images"][0]["pushed"][0]["blobs"];
    // Three layers of the base; the new layer and the configuration.
    assert_eq!((&blobs["mounted"], &blobs["sent"]), (&3.into(), &2.into()), "{json:#}");
}
