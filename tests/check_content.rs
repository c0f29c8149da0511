//! The groups Start, Files and Secrets: for each check an image that fails it and one that passes, through
//! the library, from layer tars as other tools write them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use lambda_img::check::{Accepted, CHECKS, Document, Group, Level, Report, Seen, SeenLayer, Wishes};
use lambda_img::runtime;
use lambda_img::survey::{Survey, probes};
use serde_json::{Value, json};

/// An image under construction: one layer, on a base that has what AWS's have.
struct Image {
    tar: tar::Builder<Vec<u8>>,
    config: Value,
    runtime: Option<&'static str>,
    whole: bool,
}

impl Image {
    fn new() -> Self {
        let config = json!({ "os": "linux", "architecture": "amd64", "config": {
            "Entrypoint": ["/lambda-entrypoint.sh"], "Cmd": ["app.handler"], "WorkingDir": "/var/task",
            "Env": ["PATH=/usr/bin:/bin"] } });
        let mut image =
            Self { tar: tar::Builder::new(Vec::new()), config, runtime: Some("python3.12"), whole: true };
        for dir in ["bin", "var", "var/runtime", "var/task", "opt", "opt/extensions"] {
            image = image.dir(dir, 0o755);
        }
        let mut program = vec![0; 64];
        program[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (program[16], program[18]) = (2, 62);
        image
            .file("bin/sh", 0o755, &program)
            .file("lambda-entrypoint.sh", 0o755, b"#!/bin/sh\n")
            .file("var/runtime/bootstrap", 0o755, b"#!/bin/sh\n")
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

    fn dir(self, path: &str, mode: u32) -> Self {
        self.entry(&format!("{path}/"), mode, tar::EntryType::Directory, b"", "")
    }

    fn file(self, path: &str, mode: u32, bytes: &[u8]) -> Self {
        self.entry(path, mode, tar::EntryType::Regular, bytes, "")
    }

    fn task(self, path: &str, bytes: &[u8]) -> Self {
        self.file(&format!("var/task/{path}"), 0o644, bytes)
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, 0o777, tar::EntryType::Symlink, b"", target)
    }

    /// With an interpreter where distributions have it, behind a link.
    fn python(self) -> Self {
        self.dir("usr", 0o755).dir("usr/bin", 0o755).link("usr/bin/python3", "../../bin/sh")
    }

    fn set(mut self, key: &str, value: Value) -> Self {
        self.config["config"][key] = value;
        self
    }

    fn runtime(mut self, id: &'static str) -> Self {
        self.runtime = Some(id);
        self
    }

    /// With a layer of the base that was not read.
    fn on_unread_base(mut self) -> Self {
        self.whole = false;
        self
    }

    fn report(self) -> Report {
        let bytes = self.tar.into_inner().unwrap();
        let survey = Arc::new(Survey::read(&bytes[..], probes::ALL).unwrap());
        let layer = |survey| SeenLayer { descriptor: Value::Null, of_base: false, survey };
        let mut layers = vec![layer(Ok(survey))];
        if !self.whole {
            layers.insert(0, layer(Err(lambda_img::check::Unread::Base)));
        }
        let profile = self.runtime.map(|id| runtime::profile(id).unwrap());
        let config = Document::new(self.config.to_string().into_bytes().into());
        let seen = Seen { layers, config, profile, ..Seen::default() };
        Report::of(&seen, &Wishes::default(), &Accepted::default())
    }

    /// What the groups of this suite find.
    fn found(self) -> BTreeSet<&'static str> {
        let groups = [Group::Start, Group::Files, Group::Secrets];
        let report = self.report();
        report
            .findings
            .iter()
            .filter(|one| groups.contains(&one.check.group))
            .map(|one| one.check.id)
            .collect()
    }
}

/// What the host's compiler makes of a library.
fn library(code: &str, flags: &[&str]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (source, target) = (dir.path().join("x.c"), dir.path().join("x.so"));
    fs::write(&source, code).unwrap();
    let mut gcc = Command::new("gcc");
    let status = gcc.args(["-shared", "-fPIC", "-o"]).args([&target, &source]).args(flags).status().unwrap();
    assert!(status.success());
    fs::read(target).unwrap()
}

/// A library that needs a version of the C library which is not made yet.
fn from_the_future() -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let (map, stub) = (dir.path().join("map"), dir.path().join("libc.so.6"));
    fs::write(&map, "GLIBC_2.99 { global: future; };").unwrap();
    let script = format!("-Wl,--version-script={}", map.display());
    fs::write(&stub, library("void future(void){}", &[&script, "-Wl,-soname,libc.so.6", "-nostdlib"]))
        .unwrap();
    library("void future(void); void f(void){future();}", &[stub.to_str().unwrap(), "-nostdlib"])
}

/// A jar with one class.
fn jar(class: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(class, zip::write::SimpleFileOptions::default()).unwrap();
    zip.finish().unwrap().into_inner()
}

/// The class that starts Java's client.
const JAVA: &str = "com.amazonaws.services.lambda.runtime.api.client.AWSLambda";

fn machine(mut elf: Vec<u8>, machine: u8) -> Vec<u8> {
    elf[18] = machine;
    elf
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTBq7Zt1Xb9Vn3Lk5Hg8Fd2Sa4P\nw6Oi0Uy+eR/mCjTB\n-----END PRIVATE KEY-----\n";

fn pyc(magic: u16, mtime: u32, size: u32) -> Vec<u8> {
    [&magic.to_le_bytes()[..], b"\r\n", &[0; 4], &mtime.to_le_bytes(), &size.to_le_bytes()].concat()
}

#[test]
fn a_sound_image_has_no_finding() {
    assert_eq!(Image::new().found(), BTreeSet::new());
    assert_eq!(Image::new().on_unread_base().found(), BTreeSet::new());
}

#[test]
fn each_check_finds_its_fault_and_nothing_else() {
    let image = Image::new;
    let musl = tempfile::tempdir().unwrap();
    let musl = musl.path();
    fs::write(
        musl.join("libc.musl-x86_64.so.1"),
        library("", &["-nostdlib", "-Wl,-soname,libc.musl-x86_64.so.1"]),
    )
    .unwrap();
    let small = || library("int f(void){return 1;}", &["-nostdlib"]);
    let large = vec![7; 6_000_000];
    let addon = |name: &str| library(&format!("void {name}(void){{}}"), &["-nostdlib"]);
    let node = || {
        image()
            .runtime("nodejs22.x")
            .set("Cmd", json!(["index.handler"]))
            .task("index.js", b"exports.handler = 1")
    };
    let sources = (0..120).fold(
        image()
            .dir("var/task/p.dist-info", 0o755)
            .task("p.dist-info/RECORD", b"p/m0.py,,\n")
            .dir("var/task/p", 0o755),
        |image, at| image.task(&format!("p/m{at}.py"), b""),
    );
    let dotnet = |names: &[&str]| {
        let image = image().runtime("dotnet8").set("Cmd", json!(["Fn::Fn.F::H"]));
        names.iter().fold(image, |image, name| image.task(name, b"{}"))
    };
    let failing = [
        ("start-missing", image().set("Entrypoint", json!(["/main"]))),
        ("start-missing", image().set("Entrypoint", json!([])).set("Cmd", json!([]))),
        ("start-missing", image().link("opt/extensions/x", "gone")),
        (
            "start-not-executable",
            image().file("main", 0o744, b"#!/bin/sh\n").set("Entrypoint", json!(["/main"])),
        ),
        ("start-format", image().file("main", 0o755, b"#!/bin/sh\r\n").set("Entrypoint", json!(["/main"]))),
        ("start-format", image().file("main", 0o755, b"#!/bin/bash\n").set("Entrypoint", json!(["/main"]))),
        ("start-format", image().file("main", 0o755, b"echo").set("Entrypoint", json!(["/main"]))),
        (
            "start-format",
            image().file("main", 0o755, &machine(small(), 183)).set("Entrypoint", json!(["/main"])),
        ),
        ("handler-count", image().set("Cmd", json!(["app", "handler"]))),
        ("handler-count", image().set("Cmd", Value::Null)),
        ("handler-missing", image().set("Cmd", json!(["other.handler"]))),
        ("handler-missing", image().set("Cmd", json!(["handler"]))),
        ("handler-symbol", image().set("Cmd", json!(["app.main"]))),
        ("dotnet-json", dotnet(&["Fn.dll", "Fn.deps.json"])),
        ("runtime-client", image().set("Entrypoint", json!(["/bin/sh", "-m", "awslambdaric"]))),
        (
            "runtime-client",
            image()
                .set("Entrypoint", json!(["/bin/sh", "-cp", "./*", JAVA]))
                .task("other.jar", &jar("a.class")),
        ),
        ("runtime-client-none", image().python().set("Entrypoint", json!(["python3", "app.py"]))),
        ("start-link", image().link("var/task/main", "../../bin/sh").set("Entrypoint", json!(["./main"]))),
        ("unreadable", image().file("var/task/secret.txt", 0o600, b"x")),
        ("unreadable", image().dir("var/task/p", 0o700).task("p/x", b"x")),
        ("elf-architecture", image().task("lib.so", &machine(small(), 183))),
        ("symbol-version", image().on_unread_base().task("lib.so", &from_the_future())),
        (
            "library-missing",
            image().task("lib.so", &library("", &["-nostdlib", "-Wl,--no-as-needed", "-lm"])),
        ),
        (
            "library-missing",
            image().on_unread_base().task(
                "lib.so",
                &library(
                    "",
                    &[
                        "-nostdlib",
                        "-Wl,--no-as-needed",
                        musl.join("libc.musl-x86_64.so.1").to_str().unwrap(),
                    ],
                ),
            ),
        ),
        ("dangling-link", image().link("var/task/x", "../gone")),
        ("host-path", image().file("var/task/run", 0o755, b"#!/home/me/venv/bin/python\n")),
        ("host-path", image().task("me.pth", b"/home/me/src\n")),
        ("host-path", image().task("x.so", &library("", &["-nostdlib", "-Wl,-rpath,/home/me/lib"]))),
        ("bytecode-stale", image().task("app.pyc", &pyc(3531, 999, 34))),
        ("bytecode-python", image().task("app.pyc", &pyc(3495, 1000, 34))),
        ("bytecode-missing", sources),
        ("python-tag", image().task("m.cpython-311-x86_64-linux-gnu.so", &small())),
        ("node-abi", node().task("x.node", &addon("node_register_module_v115"))),
        ("large-file", image().task("big.bin", &vec![1; 100_000_001])),
        ("duplicate-file", image().task("a.bin", &large).task("b.bin", &large)),
        ("dead-weight", image().dir("var/task/.git", 0o755).task(".git/pack", &vec![1; 1_000_000])),
        ("temporary-directory", image().set("Env", json!(["PATH=/bin", "TMPDIR=/var/task/tmp"]))),
        ("secret", image().task("key.pem", KEY.as_bytes())),
        ("secret-config", image().set("Env", json!(["PATH=/bin", format!("KEY={KEY}")]))),
    ];
    let (mut tried, mut wrong) = (BTreeSet::new(), Vec::new());
    for (id, image) in failing {
        let found = image.found();
        if found != BTreeSet::from([id]) {
            wrong.push(format!("{id}: {found:?}"));
        }
        tried.insert(id);
    }
    let groups = [Group::Start, Group::Files, Group::Secrets];
    let all: BTreeSet<_> =
        CHECKS.iter().filter(|check| groups.contains(&check.group)).map(|check| check.id).collect();
    assert_eq!(tried, all, "every check has a failing image");
    // What comes near each fault and is none.
    let passing = [
        image().link("main", "bin/sh").set("Entrypoint", json!(["main-not"])).on_unread_base(),
        image().set("Entrypoint", json!(["sh"])).set("Cmd", json!(["a", "b"])),
        image()
            .file("main", 0o755, b"#!/usr/bin/env -S sh -e\n")
            .dir("usr", 0o755)
            .dir("usr/bin", 0o755)
            .link("usr/bin/env", "../../bin/sh")
            .set("Entrypoint", json!(["/main"])),
        image()
            .set("Entrypoint", json!(["/bin/sh", "-m", "awslambdaric"]))
            .dir("function", 0o755)
            .dir("function/awslambdaric", 0o755),
        image()
            .set("Entrypoint", json!(["/bin/sh", "-cp", "./*", JAVA]))
            .task("all.jar", &jar(&format!("{}.class", JAVA.replace('.', "/")))),
        image()
            .python()
            .set("Entrypoint", json!(["python3", "app.py"]))
            .dir("function", 0o755)
            .dir("function/awslambdaric", 0o755),
        image().python().set("Entrypoint", json!(["python3", "app.py"])).file(
            "opt/extensions/adapter",
            0o755,
            b"#!/bin/sh\n",
        ),
        image()
            .python()
            .set("Entrypoint", json!(["python3", "loop.py"]))
            .task("loop.py", b"import os\nos.environ['AWS_LAMBDA_RUNTIME_API']\n"),
        image()
            .python()
            .set("Entrypoint", json!(["/usr/bin/python3", "-m", "awslambdaric"]))
            .dir("function", 0o755)
            .dir("function/awslambdaric", 0o755),
        image().task("app.pyc", &pyc(3531, 1000, 34)),
        image().dir("var/task/prebuilds", 0o755).task("prebuilds/linux-arm64.so", &machine(small(), 183)),
        image()
            .task("m.cpython-311-x86_64-linux-gnu.so", &small())
            .task("m.cpython-312-x86_64-linux-gnu.so", &small()),
        image().task("n.abi3.so", &small()),
        image()
            .task("lib.so", &from_the_future())
            .task("libc.so.6", &library("void future(void){}", &["-nostdlib"])),
        node().task("x.node", &addon("napi_register_module_v1")),
        node().task("x.node", &addon("node_register_module_v127")),
        dotnet(&["Fn.dll", "Fn.deps.json", "Fn.runtimeconfig.json"]),
        image().link("var/task/cache", "/tmp/cache"),
        image().dir("var/task/node_modules", 0o755).task("node_modules/test.pem", KEY.as_bytes()),
        image().set("Env", json!(["PATH=/bin", "TMPDIR=/tmp/x"])),
    ];
    for (at, image) in passing.into_iter().enumerate() {
        let found = image.found();
        if !found.is_empty() {
            wrong.push(format!("passing image {at}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_secret_is_ever_told() {
    let report = Image::new().task("key.pem", KEY.as_bytes()).report();
    let told = format!("{:?}", report.findings);
    assert!(told.contains("line 1") && !told.contains("q7Zt1Xb9"), "{told}");
    assert!(report.findings.iter().any(|one| one.level == Level::Deny));
}
