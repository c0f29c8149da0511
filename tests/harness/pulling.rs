//! Bases that lambda-img built itself, in registries, and the tool that builds on them.

#![allow(dead_code)] // each test binary uses a part

pub use super::emulator;
pub use super::helpers;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use emulator::Emulator;
use helpers::{Server, docker_registry, program};
use lambda_img::arch::Arch;
use lambda_img::context::Context;
use lambda_img::credentials::Chain;
use lambda_img::digest::Digest;
use lambda_img::epoch::Epoch;
use lambda_img::http::{Client, Network, NetworkOptions, RetryPolicy};
use lambda_img::image::Image;
use lambda_img::registry::Registries;
use lambda_img::source::{self, ImageRef, Local, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::store::cache::Cache;
use lambda_img::test_oracle::validate;
use lambda_img::work::Run;
use serde_json::Value;
use tempfile::TempDir;

/// The repository of the default base of `python3.12`, below whatever registry.
pub const PYTHON: &str = "lambda/python";
pub const TAG: &str = "3.12-x86_64";

static NEVER: AtomicBool = AtomicBool::new(false);

/// A user's directory: a function, a cache, a home.
pub struct User {
    pub dir: TempDir,
}

impl User {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("function")).unwrap();
        let code = "def lambda_handler(event, context):\n    return event\n";
        fs::write(dir.path().join("function/lambda_function.py"), code).unwrap();
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lambda-img"));
        command.args(args).current_dir(self.dir.path()).env("HOME", self.dir.path());
        for name in ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CACHE_HOME", "HTTP_PROXY", "HTTPS_PROXY"] {
            command.env_remove(name);
        }
        command.env("LAMBDA_IMG_CACHE", self.path("cache"));
        command
    }

    /// Runs the tool, which succeeds: stdout and stderr.
    pub fn run(&self, args: &[&str]) -> (String, String) {
        let (code, out, err) = said(self.command(args).output().unwrap());
        assert_eq!(code, 0, "{args:?}: {out}{err}");
        (out, err)
    }

    /// Runs the tool, which fails with `code`: stderr.
    pub fn fail(&self, expected: i32, args: &[&str]) -> String {
        let (code, out, err) = said(self.command(args).output().unwrap());
        assert_eq!(code, expected, "{args:?}: {out}{err}");
        err
    }

    /// Builds the function with more arguments: the digest that stdout says.
    pub fn build(&self, args: &[&str]) -> String {
        let all = [&["build", "function", "-r", "python3.12"], args].concat();
        let (out, _) = self.run(&all);
        let digest = out.trim_end().rsplit('@').next().unwrap();
        assert!(digest.starts_with("sha256:") && out.lines().count() == 1, "{out}");
        digest.to_owned()
    }

    /// Every file of the cache's blobs has the digest that is its name: how many there are.
    pub fn cache_is_sound(&self) -> usize {
        let Ok(blobs) = fs::read_dir(self.path("cache/blobs/sha256")) else { return 0 };
        let mut count = 0;
        for blob in blobs {
            let path = blob.unwrap().path();
            let digest = Digest::of(&fs::read(&path).unwrap()).hex();
            assert_eq!(path.file_name().unwrap().to_str(), Some(&*digest));
            count += 1;
        }
        count
    }
}

pub fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// `--registry-mirror` for the runtimes' own images.
pub fn mirror(host: &str) -> String {
    format!("--registry-mirror=public.ecr.aws={host}")
}

/// Bytes that do not compress.
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(len).collect()
}

/// A layout with images shaped like AWS's own bases for both architectures, built by the tool:
/// three layers of `size` bytes above the embedded one.
pub struct Shaped {
    _dir: TempDir,
    pub layout: PathBuf,
}

impl Shaped {
    pub fn new(seed: u64, size: usize, more: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (at, name) in ["lang", "opt/lib", "code/x.py"].iter().enumerate() {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, noise(seed * 10 + at as u64, size)).unwrap();
        }
        let mut build = Command::new(env!("CARGO_BIN_EXE_lambda-img"));
        build.current_dir(dir.path()).args(["build", "code", "-r", "python3.12", "-a", "x86_64,arm64"]);
        build.args(["--base", "embedded", "--entrypoint", "/lambda-entrypoint.sh", "--cmd", "x.y", "-q"]);
        build.args(["--allow", "start-missing"]);
        build.args(["--add", "lang:/var/lang/bin/noise", "--lambda-layer", "opt", "-o", "oci:layout:py"]);
        let (code, _, err) = said(build.args(more).output().unwrap());
        assert_eq!(code, 0, "{err}");
        Self { layout: dir.path().join("layout"), _dir: dir }
    }

    fn index(&self) -> Value {
        serde_json::from_slice(&fs::read(self.layout.join("index.json")).unwrap()).unwrap()
    }

    /// The descriptor of an image's manifest, without the annotations of the layout.
    fn descriptor(&self, arch: Arch) -> Value {
        let all = self.index()["manifests"].as_array().unwrap().clone();
        let mut found = all.into_iter().find(|one| one["platform"]["architecture"] == arch.oci()).unwrap();
        found.as_object_mut().unwrap().remove("annotations");
        found
    }

    pub fn digest(&self, arch: Arch) -> String {
        self.descriptor(arch)["digest"].as_str().unwrap().to_owned()
    }

    pub fn blob(&self, digest: &str) -> Vec<u8> {
        fs::read(self.layout.join("blobs").join(digest.replace(':', "/"))).unwrap()
    }

    pub fn manifest(&self, arch: Arch) -> Value {
        serde_json::from_slice(&self.blob(&self.digest(arch))).unwrap()
    }

    /// Adds an index of these images, under `tag`.
    pub fn add_index(&self, tag: &str, archs: &[Arch]) {
        let kind = "application/vnd.oci.image.index.v1+json";
        let manifests: Vec<_> = archs.iter().map(|arch| self.descriptor(*arch)).collect();
        let multi = serde_json::json!({ "schemaVersion": 2, "mediaType": kind, "manifests": manifests });
        let bytes = multi.to_string().into_bytes();
        let digest = Digest::of(&bytes);
        fs::write(self.layout.join("blobs/sha256").join(digest.hex()), &bytes).unwrap();
        let mut index = self.index();
        index["manifests"].as_array_mut().unwrap().push(serde_json::json!({
            "mediaType": kind, "digest": digest.to_string(), "size": bytes.len(),
            "annotations": { "org.opencontainers.image.ref.name": tag },
        }));
        fs::write(self.layout.join("index.json"), index.to_string()).unwrap();
    }

    /// Copies an image or index of the layout with skopeo.
    pub fn copy(&self, tag: &str, to: &str) {
        self.copy_as(tag, to, &["--all"]);
    }

    /// The same with other options.
    pub fn copy_as(&self, tag: &str, to: &str, options: &[&str]) {
        let copied = program("skopeo", "apt-get install skopeo")
            .args(["copy", "--quiet", "--dest-tls-verify=false"])
            .args(options)
            .args([format!("oci:{}:{tag}", self.layout.display()), format!("docker://{to}")])
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    }

    /// Puts an image into the emulator; its log calls the layers `<layer-0>`, … and the rest by name.
    pub fn put(&self, registry: &Emulator, repository: &str, tag: &str, arch: Arch) {
        let (digest, manifest) = (self.digest(arch), self.manifest(arch));
        let bytes = self.blob(&digest);
        registry.add_manifest(repository, tag, manifest["mediaType"].as_str().unwrap(), &bytes);
        registry.name(&bytes, "manifest");
        let add = |descriptor: &Value, name: &str| {
            let bytes = self.blob(descriptor["digest"].as_str().unwrap());
            registry.add_blob(repository, &bytes);
            registry.name(&bytes, name);
        };
        add(&manifest["config"], "config");
        for (at, layer) in manifest["layers"].as_array().unwrap().iter().enumerate() {
            add(layer, &format!("layer-{at}"));
        }
    }

    /// An emulator that has the default base of `python3.12`.
    pub fn emulated(&self) -> Emulator {
        let registry = Emulator::start(&[]);
        self.put(&registry, PYTHON, TAG, Arch::X86_64);
        registry
    }
}

/// Debian's docker-registry, with its files.
pub struct Real {
    pub server: Server,
    _dir: TempDir,
}

impl Real {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { server: docker_registry(dir.path(), "", ""), _dir: dir }
    }
}

/// The image of a layout, every byte of it judged.
pub fn sound(layout: &Path, tag: &str, arch: Arch) -> Image {
    let client = Client::new(Arc::new(Network::new(NetworkOptions::default())), RetryPolicy::never(), vec![]);
    let registries = Registries::new(client, Arc::new(Chain::default()), vec![], 1);
    let context = Context { offline: true, ..Context::new(registries, Cache::new("/nowhere")) };
    let local = Local { path: layout.to_owned(), name: Some(tag.to_owned()), digest: None };
    let (staging, run) = (Staging::nowhere(), Run::new(NonZeroUsize::MIN, &NEVER));
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let image = source::load(&ImageRef::Layout(local), None, arch, &[], &at).unwrap();
    let problems = validate(&image);
    assert!(problems.is_empty(), "{problems:?}");
    image
}

/// An annotation of an image.
pub fn annotation(image: &Image, key: &str) -> String {
    let manifest: Value = serde_json::from_slice(&image.manifest).unwrap();
    manifest["annotations"][key].as_str().unwrap_or_default().to_owned()
}
