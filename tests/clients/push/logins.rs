//! Where logins are found, hosts that may be spoken to in plain text, and what a push reads of its base.

use std::fs;
use std::path::Path;

use base64::Engine as _;

use super::{output, text, tool};
use crate::harness::emulator::{Emulator, Fault};
use crate::harness::support::{program, scratch};

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

/// The tool behind a proxy that is every registry, with a login at r.example and at its token service.
fn behind(home: &Path, proxy: &Emulator, settings: &str) -> std::process::Command {
    login(&home.join(".docker/config.json"), "r.example", "me");
    fs::write(home.join("lambda-img.toml"), settings).unwrap();
    let mut command = tool(home);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY"] {
        command.env(name, format!("http://{}", proxy.host));
    }
    command.env_remove("NO_PROXY");
    command
}

#[test]
fn a_settings_file_cannot_make_credentials_travel_in_clear() {
    let dir = scratch();
    let home = dir.path();
    fs::create_dir(home.join("plain")).unwrap();
    fs::write(home.join("plain/data"), "data").unwrap();
    let proxy = Emulator::start(&[]);
    let defaults = "[defaults]\nruntime = \"provided.al2023\"\nbase = \"scratch\"\nentrypoint = [\"/x\"]\n\
                    allow = [\"start-missing\"]\npush = true\ntag = \"r.example/f:v1\"\nretries = 0\nquiet = true\n";
    let by_host = format!("{defaults}[registries.\"r.example\"]\ninsecure = true\n");
    let by_default = format!("{defaults}insecure-registry = \"r.example\"\n");
    // What asks for nothing is spoken to.
    let mut command = behind(home, &proxy, &by_host);
    assert!(output(command.args(["build", "plain"])).starts_with("r.example/f@sha256:"));
    let service = "Bearer realm=\"http://r.example/token\"";
    for (settings, ask) in
        [(&by_host, "Basic realm=\"x\""), (&by_default, "Basic realm=\"x\""), (&by_host, service)]
    {
        proxy.state().auth = Some(("Basic ".into(), ask.into()));
        proxy.fault("/token", 1, Fault::Answer(200, vec![], br#"{"token":"for everybody"}"#.to_vec()));
        proxy.log();
        let refused = behind(home, &proxy, settings).args(["build", "plain"]).output().unwrap();
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("(credentials: none, because they would be sent unencrypted)"), "{said}");
        assert!(said.contains("hint: lambda-img.toml allows plain HTTP only without credentials"), "{said}");
        assert!(
            said.contains("`--insecure-registry r.example` or set LAMBDA_IMG_INSECURE_REGISTRY=r.example"),
            "{said}"
        );
        let log = proxy.log();
        assert!(log.len() > 2 && !log.iter().any(|line| line.contains("+Basic")), "{log:#?}");
        proxy.state().forget_faults();
    }
    // The other commands read the same file.
    proxy.state().auth = Some(("Basic ".into(), "Basic realm=\"x\"".into()));
    proxy.log();
    let checked = behind(home, &proxy, &by_host)
        .args(["auth", "check", "r.example", "--retries", "0"])
        .output()
        .unwrap();
    let said = text(&checked.stdout);
    assert!(said.contains("is not told it, for it would travel unencrypted"), "{said}");
    assert!(!proxy.log().iter().any(|line| line.contains("+Basic")));
    // The user can, by the command line and by the environment.
    for settings in [&by_host, &by_default] {
        let mut command = behind(home, &proxy, settings);
        output(command.args(["build", "plain", "--insecure-registry", "r.example"]));
        assert!(proxy.log().iter().any(|line| line.contains("+Basic")));
        let mut command = behind(home, &proxy, settings);
        output(command.args(["build", "plain"]).env("LAMBDA_IMG_INSECURE_REGISTRY", "r.example"));
        assert!(proxy.log().iter().any(|line| line.contains("+Basic")));
    }
}

#[test]
fn a_token_service_that_only_a_settings_file_permits_in_clear_gets_no_password() {
    let dir = scratch();
    let home = dir.path();
    let (registry, proxy) = (Emulator::start(&[]), Emulator::start(&[]));
    registry.state().auth = Some(("Bearer t".into(), "Bearer realm=\"http://token.example/t\"".into()));
    let mut command = behind(home, &proxy, "[registries.\"token.example\"]\ninsecure = true\n");
    login(&home.join(".docker/config.json"), &registry.host, "me");
    let asked = command.args(["auth", "check", &registry.host, "--retries", "0"]).output().unwrap();
    let said = text(&asked.stderr);
    assert!(
        said.contains("the credential would be sent unencrypted, and a settings file cannot allow that"),
        "{said}"
    );
    assert!(said.contains("`--insecure-registry token.example`"), "{said}");
    assert!(proxy.log().is_empty());
}

#[test]
fn localhost_that_leads_elsewhere_is_told_nothing() {
    let dir = scratch();
    let home = dir.path();
    let a = Emulator::start(&[]);
    a.state().auth = Some(("Basic ".into(), "Basic realm=\"x\"".into()));
    let port = a.host.split(':').nth(1).unwrap();
    let host = format!("r.localhost:{port}");
    login(&home.join(".docker/config.json"), &host, "me");
    // Linux connects to this machine at 0.0.0.0, too; no rule says that it is loopback.
    for (address, told) in [("127.0.0.1", true), ("0.0.0.0", false)] {
        fs::write(home.join("hosts"), format!("{address} r.localhost\n")).unwrap();
        a.log();
        let tool = tool(home);
        let mut command = std::process::Command::new("unshare");
        command.args(["--mount", "sh", "-c", "mount --bind hosts /etc/hosts && exec \"$@\"", "sh"]);
        command.arg(tool.get_program()).args(["auth", "check", &host, "--retries", "0"]).current_dir(home);
        command.env("HOME", home).env_remove("DOCKER_CONFIG").env_remove("REGISTRY_AUTH_FILE");
        let said = command.output().unwrap();
        let log = a.log();
        assert_eq!(said.status.success(), told, "{said:?}");
        assert_eq!(log.iter().any(|line| line.contains("+Basic")), told, "{log:#?} {said:?}");
        assert_eq!(log.is_empty(), !told, "{log:#?}");
    }
}

#[test]
fn a_user_of_the_command_line_is_known_to_what_reads_images() {
    let dir = scratch();
    let home = dir.path();
    fs::create_dir(home.join("plain")).unwrap();
    fs::write(home.join("plain/data"), "data").unwrap();
    let a = Emulator::start(&[]);
    let image = format!("{}/f:v1", a.host);
    let mut command = tool(home);
    command.args([
        "build",
        "plain",
        "--runtime",
        "provided.al2023",
        "--base",
        "scratch",
        "-q",
        "--entrypoint",
        "/x",
    ]);
    output(command.args(["--allow", "start-missing", "--push", "-t", &image]));
    let header = base64::engine::general_purpose::STANDARD.encode("me:s3cr3t");
    a.state().auth = Some((format!("Basic {header}"), "Basic realm=\"x\"".into()));
    for words in [
        format!("inspect {image}"),
        format!("check {image} --allow start-missing"),
        format!("diff {image} {image}"),
        format!("diff {image} plain --runtime provided.al2023 --base scratch --handler x"),
    ] {
        a.log();
        let mut child = tool(home)
            .args(words.split(' '))
            .args(["-q", "--username", "me", "--password-stdin"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"s3cr3t\n").unwrap();
        let done = child.wait_with_output().unwrap();
        let log = a.log();
        assert!(
            log.iter().any(|line| line.contains("manifests") && line.contains("+Basic")),
            "{words}: {done:?}"
        );
        // Whatever else: the last one has nothing to start.
        let wanted = if words.contains(" plain ") { Some(1) } else { Some(0) };
        assert_eq!(done.status.code(), wanted, "{words}: {}", text(&done.stderr));
    }
}

#[test]
fn logins_are_read_from_regular_files_alone() {
    let dir = scratch();
    let home = dir.path();
    let a = Emulator::start(&[]);
    fs::create_dir(home.join(".docker")).unwrap();
    output(program("mkfifo").arg(home.join(".docker/config.json")));
    let asked = tool(home).args(["auth", "check", &a.host]).output().unwrap();
    let said = text(&asked.stderr);
    assert!(said.contains("config.json`: it is not a regular file"), "{said}");
    fs::remove_file(home.join(".docker/config.json")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", home.join(".docker/config.json")).unwrap();
    let asked = tool(home).args(["auth", "check", &a.host]).output().unwrap();
    assert!(text(&asked.stderr).contains("it is not a regular file"), "{asked:?}");
    fs::remove_file(home.join(".docker/config.json")).unwrap();
    fs::File::create(home.join(".docker/config.json")).unwrap().set_len(1 << 40).unwrap();
    let asked = tool(home).args(["auth", "check", &a.host]).output().unwrap();
    assert!(text(&asked.stderr).contains("it is larger than 16 MiB"), "{asked:?}");
    // Certificates, too.
    output(program("mkfifo").arg(home.join("ca.pem")));
    let asked = tool(home).args(["auth", "check", &a.host, "--ca-cert", "ca.pem"]).output().unwrap();
    assert!(text(&asked.stderr).contains("it is not a regular file"), "{asked:?}");
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
    assert_eq!(super::digest(&copied), super::digest(&pinned));
    assert_eq!(fs::read_dir(home.join("cache/blobs/sha256")).unwrap().count(), kept);
}
