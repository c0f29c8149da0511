//! `login` and `logout`: what is kept where, and who else understands it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Output, Stdio};

use super::{Registry, failed, output, text, tool};
use crate::harness::emulator::Emulator;
use crate::harness::support::{program, scratch};

/// `user` with the password `hunter2`, base64 as the file has it.
const AUTH: &str = "dXNlcjpodW50ZXIy";

/// A registry that knows that user alone.
fn guarded() -> Emulator {
    let registry = Emulator::start(&[]);
    registry.state().auth = Some((format!("Basic {AUTH}"), "Basic realm=\"x\"".into()));
    registry
}

/// Logs in with a password from standard input.
fn login(home: &Path, host: &str, user: &str, password: &str) -> Output {
    let mut command = tool(home);
    command.args(["login", host, "--username", user, "--password-stdin", "--retries", "0"]);
    command.env("PATH", format!("{}:{}", home.display(), std::env::var("PATH").unwrap()));
    command
        .env("STUB", home.join("kept"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let said = text(&out.stdout) + &text(&out.stderr);
    assert!(!said.contains(password) && !said.contains(AUTH), "{said}");
    assert!(out.stdout.is_empty());
    out
}

fn config(home: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(home.join(".docker/config.json")).unwrap()).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_login_is_tried_first_and_kept_as_docker_keeps_it() {
    let dir = scratch();
    let home = dir.path();
    let registry = guarded();
    failed(
        &login(home, &registry.host, "user", "wrong"),
        1,
        &["status 401", "hint: correct the user and the password"],
    );
    assert!(!home.join(".docker").exists(), "what is refused is not kept");
    let done = login(home, &registry.host, "user", "hunter2\n");
    assert!(done.status.success(), "{done:?}");
    let said = text(&done.stderr);
    assert!(
        said.starts_with(&format!(
            "logged in to {} as user\nwarning: the password is stored unencrypted in `",
            registry.host
        )),
        "{said}"
    );
    assert_eq!(config(home), serde_json::json!({"auths": {&registry.host: {"auth": AUTH}}}));
    assert_eq!((mode(&home.join(".docker")), mode(&home.join(".docker/config.json"))), (0o700, 0o600));
    assert_eq!(fs::read_dir(home.join(".docker")).unwrap().count(), 1, "something is left");
    output(tool(home).args(["auth", "check", &registry.host]));
    // What only others understand stays, and so do other logins; other names of the host do not.
    let host = &registry.host;
    let before = format!(
        r#"{{"proxies": {{"default": {{"noProxy": "x"}}}}, "auths": {{"https://{host}/v2/": {{"auth": "b2xkOm9sZA=="}},
            "{host}/team": {{"auth": "dGVhbTp0"}}, "other.example": {{"auth": "bzpv", "email": "o@example"}}}}, "detachKeys": "ctrl-q"}}"#
    );
    fs::write(home.join(".docker/config.json"), before).unwrap();
    fs::set_permissions(home.join(".docker/config.json"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(login(home, host, "user", "hunter2").status.success());
    let mut expected = serde_json::json!({
        "proxies": {"default": {"noProxy": "x"}}, "detachKeys": "ctrl-q",
        "auths": {format!("{host}/team"): {"auth": "dGVhbTp0"}, "other.example": {"auth": "bzpv", "email": "o@example"}},
    });
    let others = expected.clone();
    expected["auths"][host] = serde_json::json!({"auth": AUTH});
    assert_eq!((config(home), mode(&home.join(".docker/config.json"))), (expected, 0o600));
    let done = tool(home).args(["logout", host]).output().unwrap();
    assert_eq!(text(&done.stderr), format!("logged out of {host}\n"));
    assert_eq!(config(home), others);
    let again = tool(home).args(["logout", host]).output().unwrap();
    assert_eq!((again.status.code(), text(&again.stderr)), (Some(0), format!("not logged in to {host}\n")));
}

#[test]
fn a_link_to_the_file_stays_one_and_a_file_of_others_is_not_replaced() {
    let dir = scratch();
    let home = dir.path();
    let registry = guarded();
    fs::create_dir_all(home.join(".docker")).unwrap();
    fs::create_dir_all(home.join("dotfiles")).unwrap();
    std::os::unix::fs::symlink("../dotfiles/docker.json", home.join(".docker/config.json")).unwrap();
    for _ in 0..2 {
        // At first it leads to nothing.
        assert!(login(home, &registry.host, "user", "hunter2").status.success());
        assert!(fs::symlink_metadata(home.join(".docker/config.json")).unwrap().is_symlink());
        assert_eq!(mode(&home.join("dotfiles/docker.json")), 0o600);
    }
    for text in ["[]", "{", r#"{"auths": 1}"#] {
        fs::write(home.join("dotfiles/docker.json"), text).unwrap();
        failed(
            &login(home, &registry.host, "user", "hunter2"),
            1,
            &["config.json`: ", "not have the format that Docker writes"],
        );
        assert_eq!(fs::read_to_string(home.join("dotfiles/docker.json")).unwrap(), text);
    }
}

#[test]
fn a_helper_keeps_the_password_where_one_is_configured() {
    let dir = scratch();
    let home = dir.path();
    let registry = guarded();
    let host = &registry.host;
    let helper = home.join("docker-credential-stub");
    let script = "#!/bin/sh\ncase $1 in\nstore) cat >\"$STUB\" ;;\nget) test -e \"$STUB\" && cat \"$STUB\" || {\n\
                  echo credentials not found in native keychain; exit 1; } ;;\nerase) cat >\"$STUB.erased\"; rm \"$STUB\" ;;\nesac\n";
    fs::create_dir(home.join(".docker")).unwrap();
    for settings in
        [r#"{"credsStore": "stub"}"#.to_owned(), format!(r#"{{"credHelpers": {{"{host}": "stub"}}}}"#)]
    {
        fs::write(&helper, script).unwrap();
        fs::set_permissions(&helper, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(home.join(".docker/config.json"), &settings).unwrap();
        let done = login(home, host, "user", "hunter2");
        assert_eq!(
            text(&done.stderr),
            format!("logged in to {host} as user; `docker-credential-stub` stores the password\n")
        );
        let kept: serde_json::Value = serde_json::from_slice(&fs::read(home.join("kept")).unwrap()).unwrap();
        assert_eq!(kept, serde_json::json!({"ServerURL": host, "Username": "user", "Secret": "hunter2"}));
        assert_eq!(config(home)["auths"], serde_json::json!({host: {}}), "Docker's mark, and no secret");
        let with_helper = |arguments: &[&str]| {
            let mut command = tool(home);
            command.args(arguments).env("STUB", home.join("kept"));
            command
                .env("PATH", format!("{}:{}", home.display(), std::env::var("PATH").unwrap()))
                .output()
                .unwrap()
        };
        let checked = text(&with_helper(&["auth", "check", host]).stdout);
        assert!(checked.contains("docker-credential-stub") && checked.contains("accepts it"), "{checked}");
        let out = with_helper(&["logout", host]);
        assert_eq!(text(&out.stderr), format!("logged out of {host}\n"));
        assert_eq!(fs::read_to_string(home.join("kept.erased")).unwrap(), *host);
        assert!(!home.join("kept").exists());
        assert_eq!(config(home)["auths"], serde_json::json!({}));
        // One that fails is told, and nothing is kept instead of it.
        fs::write(&helper, "#!/bin/sh\necho hunter2 is locked\nexit 1\n").unwrap();
        fs::write(home.join(".docker/config.json"), &settings).unwrap();
        failed(&login(home, host, "user", "hunter2"), 1, &["credential helper `docker-credential-stub`"]);
        assert_eq!(fs::read_to_string(home.join(".docker/config.json")).unwrap(), settings);
    }
}

#[test]
fn skopeo_and_the_tool_understand_each_others_logins() {
    let dir = scratch();
    let home = dir.path();
    let made = program("htpasswd").args(["-Bbn", "user", "hunter2"]).output().unwrap();
    fs::write(home.join("htpasswd"), made.stdout).unwrap();
    let auth =
        format!("auth:\n  htpasswd:\n    realm: test\n    path: {}\n", home.join("htpasswd").display());
    let registry = Registry::start(home, "", &auth);
    let host = &registry.host;
    fs::create_dir(home.join("plain")).unwrap();
    fs::write(home.join("plain/data"), "data").unwrap();
    let push = |tag: &str| {
        let mut command = tool(home);
        command.args(["build", "plain", "--runtime", "provided.al2023", "--base", "scratch", "-q", "--push"]);
        command.args(["--entrypoint", "/x", "--allow", "start-missing", "-t", &format!("{host}/f:{tag}")]);
        command.output().unwrap()
    };
    assert_eq!(push("v1").status.code(), Some(1));
    assert!(login(home, host, "user", "hunter2").status.success());
    assert!(push("v1").status.success());
    let file = home.join(".docker/config.json");
    let skopeo = |arguments: &[&str]| {
        let mut command = program("skopeo");
        command
            .args(arguments)
            .arg("--authfile")
            .arg(&file)
            .env("HOME", home)
            .env_remove("REGISTRY_AUTH_FILE");
        output(&mut command)
    };
    let image = format!("docker://{host}/f:v1");
    skopeo(&["inspect", "--raw", "--tls-verify=false", &image]);
    skopeo(&["logout", host]);
    assert_eq!(push("v2").status.code(), Some(1));
    skopeo(&["login", "--tls-verify=false", "--username", "user", "--password", "hunter2", host]);
    assert!(push("v2").status.success());
    output(tool(home).args(["logout", host]));
    assert_eq!(push("v3").status.code(), Some(1));
    let mut inspected = program("skopeo");
    inspected.args(["inspect", "--raw", "--tls-verify=false", &image, "--authfile"]).arg(&file);
    assert!(!inspected.output().unwrap().status.success());
}

#[test]
fn a_terminal_is_asked_and_shows_no_password() {
    let dir = scratch();
    let home = dir.path();
    let registry = guarded();
    // A terminal of its own, in which the password is typed with a slip that is taken back.
    let script = "import os, pty, re, sys\n\
                  child, terminal = pty.fork()\n\
                  if child == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
                  seen = b''\n\
                  def until(words):\n\
                  \x20   global seen\n\
                  \x20   while not re.search(words, seen): seen += os.read(terminal, 1024)\n\
                  until(b'user at .*: $')\n\
                  os.write(terminal, b'user\\n')\n\
                  until(b'password of user at .*: $')\n\
                  os.write(terminal, os.environ['TYPED'].encode())\n\
                  try:\n\
                  \x20   while piece := os.read(terminal, 1024): seen += piece\n\
                  except OSError: pass\n\
                  sys.stdout.buffer.write(seen)\n\
                  sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n";
    let ask = |typed: &str| {
        let tool = tool(home);
        let mut command = program("python3");
        command.arg("-c").arg(script).arg(tool.get_program()).args(["login", &registry.host]);
        command.env("HOME", home).env_remove("DOCKER_CONFIG").env("TYPED", typed).current_dir(home);
        command.output().unwrap()
    };
    let given_up = ask("hunt\x03");
    assert_eq!(given_up.status.code(), Some(130), "{given_up:?}");
    assert!(!home.join(".docker").exists());
    let done = ask("hunterü\x7f2\n");
    let seen = text(&done.stdout);
    assert!(done.status.success(), "{done:?}");
    assert!(seen.contains("logged in to") && !seen.contains("hunter"), "{seen}");
    assert_eq!(config(home)["auths"][&registry.host]["auth"], AUTH);
    // Where there is none, it says what to do instead.
    let mut command = program("setsid");
    command.arg("--wait").arg(tool(home).get_program()).args(["login", &registry.host]).env("HOME", home);
    failed(&command.current_dir(home).output().unwrap(), 2, &["there is no terminal", "--password-stdin"]);
}

#[test]
fn a_password_is_not_an_argument_and_a_settings_file_sends_none_in_clear() {
    let dir = scratch();
    let home = dir.path();
    let refused =
        tool(home).args(["login", "r.example", "--username", "u", "--password", "hunter2"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(!text(&refused.stderr).contains("hunter2"), "{refused:?}");
    let proxy = Emulator::start(&[]);
    proxy.state().auth = Some(("Basic ".into(), "Basic realm=\"x\"".into()));
    fs::write(home.join("lambda-img.toml"), "[registries.\"r.example\"]\ninsecure = true\n").unwrap();
    let mut command = tool(home);
    command.args(["login", "r.example", "--username", "user", "--password-stdin", "--retries", "0"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY"] {
        command.env(name, format!("http://{}", proxy.host));
    }
    command.env_remove("NO_PROXY").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"hunter2").unwrap();
    failed(
        &child.wait_with_output().unwrap(),
        1,
        &["would be sent unencrypted", "`--insecure-registry r.example`"],
    );
    assert!(!proxy.log().iter().any(|line| line.contains("+Basic")));
    assert!(!home.join(".docker").exists());
}
