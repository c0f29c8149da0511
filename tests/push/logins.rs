//! Where logins are found, hosts that may be spoken to in plain text, and what a push reads of its base.

use std::fs;
use std::path::Path;

use base64::Engine as _;

use crate::emulator::{Emulator, Fault};
use crate::support::scratch;
use crate::{output, text, tool};

fn login(path: &Path, host: &str, user: &str) {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:s3cr3t"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!(r#"{{"auths": {{"{host}": {{"auth": "{auth}"}}}}}}"#)).unwrap();
}

#[test]
fn logins_are_found_where_docker_and_podman_leave_them() {
    let dir = scratch();
    let home = dir.path();
    let a = Emulator::start(&[]);
    a.state().auth = Some(("Basic ".into(), "Basic realm=\"x\"".into()));
    // The last one first: each further one comes before it.
    for (file, variable, value) in [
        (".config/containers/auth.json", "HOME", ""),
        ("xdg/containers/auth.json", "XDG_CONFIG_HOME", "xdg"),
        ("run/containers/auth.json", "XDG_RUNTIME_DIR", "run"),
        ("named.json", "REGISTRY_AUTH_FILE", "named.json"),
        (".docker/config.json", "HOME", ""),
        ("docker/config.json", "DOCKER_CONFIG", "docker"),
    ] {
        login(&home.join(file), &a.host, &format!("user-of-{}", file.replace('/', "-")));
        let mut command = tool(home);
        command.args(["auth", "check", &a.host]).env(variable, home.join(value));
        let said = output(&mut command);
        assert!(said.contains(&format!("user `user-of-{}`", file.replace('/', "-"))), "{file}: {said}");
        assert!(said.contains(&format!("`{}`", home.join(file).display())), "{file}: {said}");
        assert!(!said.contains("s3cr3t") && !said.contains("czNjcjN0"), "{said}");
    }
    // `--username` comes before all of them.
    let mut child = tool(home)
        .args(["auth", "check", &a.host, "--username", "me", "--password-stdin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"s3cr3t").unwrap();
    let said = text(&child.wait_with_output().unwrap().stdout);
    assert!(said.contains("the command line") && said.contains("user `me`"), "{said}");
}

#[test]
fn plain_text_is_for_hosts_that_are_named_and_goes_through_the_proxy() {
    let dir = scratch();
    let home = dir.path();
    fs::create_dir(home.join("plain")).unwrap();
    fs::write(home.join("plain/data"), "data").unwrap();
    let proxy = Emulator::start(&[]);
    let address = format!("http://{}", proxy.host);
    let push = |more: &[&str]| {
        let mut command = tool(home);
        command.args(["build", "plain", "--runtime", "provided.al2023", "--base", "scratch", "-q"]);
        command
            .args([
                "--entrypoint",
                "/x",
                "--allow",
                "start-missing",
                "--push",
                "-t",
                "r.example/f:v1",
                "--retries",
                "0",
            ])
            .args(more);
        command.env("HTTP_PROXY", &address).env("HTTPS_PROXY", &address).env_remove("NO_PROXY");
        command.env("http_proxy", &address).output().unwrap()
    };
    let refused = push(&[]);
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: GET https://r.example/v2/: cannot connect: "), "{said}");
    let tls = |log: Vec<String>| !log.is_empty() && log.iter().all(|line| line == "CONNECT r.example:443");
    assert!(tls(proxy.log()));
    for host in ["r.example", "r.example:80"] {
        let pushed = push(&["--insecure-registry", host]);
        let said = text(&pushed.stderr);
        assert!(pushed.status.success() && text(&pushed.stdout).starts_with("r.example/f@sha256:"), "{said}");
        let log = proxy.log();
        let first = log.iter().find(|line| !line.starts_with("CONNECT ")).unwrap();
        assert_eq!((&*log[0], &**first), ("CONNECT r.example:443", "GET /v2/"), "{log:#?}");
        assert!(log.iter().any(|line| line.starts_with("HEAD /v2/f/manifests/")), "{log:#?}");
    }
    let other = push(&["--insecure-registry", "other.example"]);
    assert_eq!(other.status.code(), Some(1));
    assert!(tls(proxy.log()));
}

#[test]
fn a_push_reads_no_more_of_its_base_than_it_needs_and_keeps_nothing_of_it() {
    let dir = scratch();
    let home = dir.path();
    fs::create_dir(home.join("plain")).unwrap();
    fs::write(home.join("plain/data"), "data").unwrap();
    let (a, b) = (Emulator::start(&[]), Emulator::start(&[]));
    let build = |base: &str, target: &str| {
        let mut command = tool(home);
        command.args([
            "build",
            "plain",
            "--runtime",
            "provided.al2023",
            "--base",
            base,
            "-q",
            "--push",
            "--no-cache",
        ]);
        command.args(["--entrypoint", "/x", "--allow", "start-missing", "-j", "1", "-t", target]);
        output(&mut command)
    };
    let pinned = build("embedded", &format!("{}/base:v1", a.host));
    fs::write(home.join("plain/data"), "another").unwrap();
    a.log();
    // In the registry that has the layers: they are mounted.
    build(pinned.trim(), &format!("{}/fn:v1", a.host));
    let log = a.log();
    let read: Vec<_> =
        log.iter().filter(|line| line.starts_with("GET") && line.contains("/blobs/")).collect();
    assert_eq!(read.len(), 1, "more than the configuration: {log:#?}");
    assert_eq!(log.iter().filter(|line| line.contains("mount=")).count(), 2, "{log:#?}");
    // In another one: they stream through, and what breaks goes on.
    a.fault("GET /v2/base/blobs", 1, Fault::Cut(100));
    build(pinned.trim(), &format!("{}/fn:v1", b.host));
    let log = a.log();
    assert!(log.iter().any(|line| line.ends_with(" bytes=100-")), "{log:#?}");
    assert!(log.iter().all(|line| line.starts_with("GET ")), "{log:#?}");
    let kept = fs::read_dir(home.join("cache/blobs/sha256")).unwrap().count();
    // And the layer of the embedded base, which was made here.
    assert_eq!(kept, 3, "more than manifest and configuration");
    assert_eq!(fs::read_dir(home.join("cache/partial")).unwrap().count(), 0);
    // A copy from registry to registry, too.
    let copied = output(tool(home).args(["push", "-q", pinned.trim(), &format!("{}/copy:v1", b.host)]));
    assert_eq!(crate::digest(&copied), crate::digest(&pinned));
    assert_eq!(fs::read_dir(home.join("cache/blobs/sha256")).unwrap().count(), kept);
}
