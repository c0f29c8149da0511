//! What the integration tests stand on: the binary, the stand-in bases, and real engines and clients.
//!
//! A client that is not installed fails the test that needs it, and says how to install it.

#![allow(dead_code, unused_imports)] // each test binary uses a part

mod docker;
mod image;
mod podman;
mod program;

pub use docker::{Docker, Function, invoke};
pub use image::{Entry, Tree, config, files, manifest, on_disk};
pub use podman::Podman;
pub use program::{output, program};

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The tool under test.
pub fn lambda_img() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lambda-img"))
}

/// A file or directory of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where files that outlive a test are kept.
fn cache() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// Runs `work` while no other test does, in this process or another, under the same name.
fn alone<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let path = cache().join(format!("{name}.lock"));
    let lock = File::create(&path).unwrap_or_else(|error| panic!("create `{}`: {error}", path.display()));
    lock.lock().unwrap_or_else(|error| panic!("lock `{}`: {error}", path.display()));
    work()
}

/// The OCI layout of a stand-in base, tag `base`: made by the first test that asks.
pub fn stand_in(name: &str) -> PathBuf {
    let out = cache().join("stand-ins");
    alone("stand-ins", || {
        output(program("bash").arg(repository("tests/stand-ins/make.sh")).arg(&out).arg(name));
    });
    out.join(name)
}

/// The Docker archive of a stand-in base.
pub fn stand_in_archive(name: &str) -> PathBuf {
    stand_in(name).with_file_name(format!("{name}.docker.tar"))
}

/// The Runtime Interface Emulator.
pub fn emulator() -> PathBuf {
    stand_in("provided.al2023").with_file_name("aws-lambda-rie")
}

/// The directory of an example, prepared.
pub fn example(name: &str) -> PathBuf {
    let dir = repository("examples").join(name);
    let prepare = dir.join("prepare.sh");
    if prepare.exists() {
        alone(&format!("example-{name}"), || output(program("bash").arg(prepare).env("TZ", "UTC")));
    }
    dir
}

/// What a build said.
pub struct Build {
    /// Its `--json` object.
    pub json: Value,
}

impl Build {
    /// The digest of the only image.
    pub fn digest(&self) -> &str {
        self.json["images"][0]["digest"].as_str().expect("a digest")
    }

    /// The digest of the only image's configuration.
    pub fn config_digest(&self) -> &str {
        self.json["images"][0]["config_digest"].as_str().expect("a digest")
    }
}

/// Runs `lambda-img build --json` with `args` in `dir`, and expects it to succeed.
pub fn build<I: AsRef<std::ffi::OsStr>>(dir: &Path, args: impl IntoIterator<Item = I>) -> Build {
    let out = output(lambda_img().current_dir(dir).arg("build").args(args).arg("--json"));
    Build { json: serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error} in {out}")) }
}

/// A new directory that goes away with its value.
pub fn scratch() -> tempfile::TempDir {
    fs::create_dir_all(cache()).expect("the tests' directory");
    tempfile::tempdir_in(cache()).expect("a directory for a test")
}
