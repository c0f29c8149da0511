//! An image for the checks of contents, and what its files are made of.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use lambda_img::arch::Arch;
use lambda_img::check::{
    BASE_DIGEST, BASE_NAME, Document, Expectations, ImageView, LayerView, NotRead, Policy, Report,
};
use lambda_img::digest::Digest;
use lambda_img::runtime;
use lambda_img::survey::{Survey, probes};
use serde_json::{Value, json};

use crate::harness::common::{Place, must};

/// An image under construction: one layer, on a base that has what AWS's have.
pub struct Image {
    tar: tar::Builder<Vec<u8>>,
    config: Value,
    runtime: Option<&'static str>,
    base: Option<String>,
}

impl Image {
    pub fn new() -> Self {
        Self::started_by("#!/bin/sh\n")
    }

    /// One whose bootstrap is this script.
    pub fn started_by(bootstrap: &str) -> Self {
        let config = json!({ "os": "linux", "architecture": "amd64", "config": {
            "Entrypoint": ["/lambda-entrypoint.sh"], "Cmd": ["app.handler"], "WorkingDir": "/var/task",
            "Env": [] } });
        let mut image = Self { tar: tar::Builder::new(Vec::new()), config, runtime: None, base: None }
            .runtime("python3.12");
        for dir in ["bin", "var", "var/runtime", "var/task", "opt", "opt/extensions"] {
            image = image.dir(dir, 0o755);
        }
        let mut program = vec![0; 64];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (program[16], program[18]) = (2, 62);
        image
            .file("bin/sh", 0o755, &program)
            .file("lambda-entrypoint.sh", 0o755, b"#!/bin/sh\n")
            .file("var/runtime/bootstrap", 0o755, bootstrap.as_bytes())
            .file("var/task/app.py", 0o644, b"def handler(event, context): pass\n")
    }

    fn entry(mut self, path: &str, mode: u32, kind: tar::EntryType, bytes: &[u8], link: &str) -> Self {
        let mut header = tar::Header::new_ustar();
        header.set_path(path).unwrap();
        header.set_mode(mode);
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mtime(1000);
        header.set_uid(0);
        header.set_gid(0);
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        header.set_cksum();
        self.tar.append(&header, bytes).unwrap();
        self
    }

    pub fn dir(self, path: &str, mode: u32) -> Self {
        self.entry(&format!("{path}/"), mode, tar::EntryType::Directory, b"", "")
    }

    pub fn file(self, path: &str, mode: u32, bytes: &[u8]) -> Self {
        self.entry(path, mode, tar::EntryType::Regular, bytes, "")
    }

    pub fn task(self, path: &str, bytes: &[u8]) -> Self {
        self.file(&format!("var/task/{path}"), 0o644, bytes)
    }

    pub fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, 0o777, tar::EntryType::Symlink, b"", target)
    }

    /// With an interpreter where distributions have it, behind a link.
    pub fn python(self) -> Self {
        self.dir("usr", 0o755).dir("usr/bin", 0o755).link("usr/bin/python3", "../../bin/sh")
    }

    /// With one more variable.
    pub fn env(mut self, pair: &str) -> Self {
        self.config["config"]["Env"].as_array_mut().unwrap().push(pair.into());
        self
    }

    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.config["config"][key] = value;
        self
    }

    pub fn runtime(mut self, id: &'static str) -> Self {
        let expected = runtime::profile(id).unwrap().expected;
        let more = expected.env_present.iter().map(|name| format!("{name}=x"));
        self.config["config"]["Env"] = expected.env.iter().cloned().chain(more).collect::<Vec<_>>().into();
        self.runtime = Some(id);
        self
    }

    /// With a layer of AWS's base that was not read.
    pub fn on_unread_base(self) -> Self {
        let profile = self.runtime.map(|id| runtime::profile(id).unwrap()).expect("a runtime");
        let name = profile.image(Arch::X86_64).unwrap();
        self.on(&name)
    }

    /// With a layer of a base that was not read, and is called so.
    pub fn on(mut self, base: &str) -> Self {
        self.base = Some(base.to_owned());
        self
    }

    pub fn report(self) -> Report {
        let bytes = self.tar.into_inner().unwrap();
        let survey = Arc::new(Survey::read(&bytes[..], probes::ALL).unwrap());
        let layer = |survey| LayerView { descriptor: Value::Null, of_base: false, survey };
        let mut layers = vec![layer(Ok(survey))];
        if self.base.is_some() {
            layers.insert(0, layer(Err(NotRead::Base)));
        }
        let digest = Digest::of(b"base").to_string();
        let notes = self.base.as_ref().map(|name| json!({ BASE_NAME: name, BASE_DIGEST: digest }));
        let manifest = json!({ "annotations": notes }).to_string().into_bytes();
        let profile = self.runtime.map(|id| runtime::profile(id).unwrap());
        let config = Document::new(self.config.to_string().into_bytes().into());
        let manifest = Some(Document::new(manifest.into()));
        let seen = ImageView { layers, config, profile, manifest, ..ImageView::default() };
        Report::of(&seen, &Expectations::default(), &Policy::default(), std::num::NonZeroUsize::MIN)
    }

    /// Whether every layer is there to be read.
    pub fn is_whole(&self) -> bool {
        self.base.is_none()
    }

    /// Has umoci make it, as `made:v1`, and gives the arguments of `lambda-img check`.
    pub fn make(self, place: &Place) -> String {
        place.write("layer.tar", self.tar.into_inner().unwrap());
        let _ = fs::remove_dir_all(place.path("made"));
        let umoci = |arguments: &[&str]| must(place.program("umoci").args(arguments));
        umoci(&["init", "--layout", "made"]);
        umoci(&["new", "--image", "made:v1"]);
        umoci(&["raw", "add-layer", "--image", "made:v1", "layer.tar"]);
        let config = &self.config["config"];
        let mut options = vec!["config", "--image", "made:v1", "--os=linux", "--architecture=amd64"];
        options.extend(["--config.workingdir", config["WorkingDir"].as_str().unwrap()]);
        for (key, option) in
            [("Entrypoint", "--config.entrypoint"), ("Cmd", "--config.cmd"), ("Env", "--config.env")]
        {
            let words = config[key].as_array().into_iter().flatten();
            options.extend(words.flat_map(|word| [option, word.as_str().unwrap()]));
        }
        umoci(&options);
        let runtime = self.runtime.map(|id| format!("--runtime {id}")).unwrap_or_default();
        format!("oci:made:v1 {runtime}")
    }
}

/// What the host's compiler makes of a library.
pub fn library(code: &str, flags: &[&str]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (source, target) = (dir.path().join("x.c"), dir.path().join("x.so"));
    fs::write(&source, code).unwrap();
    let mut gcc = Command::new("gcc");
    let status = gcc.args(["-shared", "-fPIC", "-o"]).args([&target, &source]).args(flags).status().unwrap();
    assert!(status.success());
    fs::read(target).unwrap()
}

/// A C library whose symbols have this version.
pub fn versioned(version: &str, code: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let map = dir.path().join("map");
    fs::write(&map, format!("{version} {{ global: *; }};")).unwrap();
    let script = format!("-Wl,--version-script={}", map.display());
    library(code, &[&script, "-Wl,-soname,libc.so.6", "-nostdlib"])
}

/// A library that needs a version of the C library which is not made yet.
pub fn from_the_future() -> Vec<u8> {
    let stub = versioned("GLIBC_2.99", "void future(void){}");
    linked("libc.so.6", &stub, "void future(void); void f(void){future();}")
}

/// A library that needs musl's C library.
pub fn for_musl() -> Vec<u8> {
    let name = "libc.musl-x86_64.so.1";
    linked(name, &library("", &["-nostdlib", &format!("-Wl,-soname,{name}")]), "")
}

/// A library of `code` that needs the library `stub`.
fn linked(name: &str, stub: &[u8], code: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, stub).unwrap();
    library(code, &["-nostdlib", "-Wl,--no-as-needed", path.to_str().unwrap()])
}

/// A jar with one class.
pub fn jar(class: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(class, zip::write::SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The class that starts Java's client.
pub const JAVA: &str = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";

pub fn machine(mut elf: Vec<u8>, machine: u8) -> Vec<u8> {
    elf[18] = machine;
    elf
}

pub const KEY: &str = "-----BEGIN PRIVATE KEY-----\nq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTBq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4P\nw6Oi0Uy+eR/mCjTB\n-----END PRIVATE KEY-----\n";

pub fn pyc(magic: u16, mtime: u32, size: u32) -> Vec<u8> {
    [&magic.to_le_bytes()[..], b"\r\n", &[0; 4], &mtime.to_le_bytes(), &size.to_le_bytes()].concat()
}
