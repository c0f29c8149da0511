//! The embedded base is enough for a static binary that makes TLS calls: a real one looks around in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Tells what it finds: trust roots where Go looks for them, a user, a place for temporary files.
const PROGRAM: &str = r#"package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"os/user"
)

func main() {
	roots, err := x509.SystemCertPool()
	if err != nil {
		panic(err)
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		panic(err)
	}
	temporary, err := os.CreateTemp("", "x")
	if err != nil {
		panic(err)
	}
	fmt.Println(len(roots.Subjects()), nobody.Uid, temporary.Name()[:5])
}
"#;

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}; run .ci/install"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_static_binary_finds_trust_roots_users_and_tmp() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    fs::write(dir.join("main.go"), PROGRAM).unwrap();
    let go = |name: &str, value: &Path| (name.to_owned(), value.to_owned());
    run(Command::new("go")
        .args(["build", "-o", "bootstrap", "main.go"])
        .current_dir(dir)
        .env("CGO_ENABLED", "0")
        .envs([go("GOCACHE", &dir.join("cache")), go("GOPATH", &dir.join("path"))]));
    run(Command::new(env!("CARGO_BIN_EXE_lambda-img"))
        .args([
            "build",
            "bootstrap",
            "--runtime",
            "provided.al2023",
            "--base",
            "embedded",
            "-o",
            "oci:image:v1",
        ])
        .current_dir(dir));
    run(Command::new("umoci").args(["unpack", "--image", "image:v1", "bundle"]).current_dir(dir));
    let root = dir.join("bundle/rootfs");
    for name in ["opt", "var/task", "var/runtime", "etc/passwd", "etc/group", "etc/nsswitch.conf"] {
        assert!(root.join(name).exists(), "{name}");
    }
    assert_eq!(mode(&root.join("tmp")), 0o1777);
    assert_eq!(mode(&root.join("var/runtime/bootstrap")), 0o755);

    // As an unprivileged user, as Lambda does.
    let inside = ["--userspec=65534:65534", root.to_str().unwrap(), "/var/runtime/bootstrap"];
    let output = run(Command::new("chroot").args(inside).env("TMPDIR", "/tmp"));
    let said = String::from_utf8(output.stdout).unwrap();
    let words: Vec<_> = said.split_whitespace().collect();
    assert!(words[0].parse::<usize>().unwrap() > 100, "{said}");
    assert_eq!(words[1..], ["65534", "/tmp/"]);
}
