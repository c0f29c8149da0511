//! Podman with storage of its own.

use std::fs;

use tempfile::TempDir;

use super::{output, program, scratch};

/// What this engine may leave to the kernel's defaults, so that it also runs inside containers.
const CONF: &str =
    "[containers]\ndefault_ulimits = []\npids_limit = 0\n[engine]\ncgroup_manager = \"cgroupfs\"\n";

/// Images and containers that go away with the value.
pub struct Podman(TempDir);

impl Podman {
    /// With nothing in it.
    pub fn new() -> Podman {
        let dir = scratch();
        fs::write(dir.path().join("containers.conf"), CONF).expect("containers.conf");
        fs::write(dir.path().join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)
            .expect("policy.json");
        Podman(dir)
    }

    /// Runs it and returns what it prints.
    pub fn run(&self, args: &[&str]) -> String {
        let at = |name: &str| self.0.path().join(name);
        let mut command = program("podman");
        command.env("CONTAINERS_CONF", at("containers.conf")).arg("--storage-driver=vfs");
        command.arg("--runtime").arg(program("runc").get_program());
        command.arg("--root").arg(at("root")).arg("--runroot").arg(at("run")).args(args);
        if args.first() == Some(&"load") {
            command.arg("--signature-policy").arg(at("policy.json"));
        }
        output(&mut command).trim().to_owned()
    }
}
