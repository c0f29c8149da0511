//! A fixed corpus of images, made here without a tool of the host. For this version of the checks, the facts of
//! probes and the findings of checks must be those in `golden.txt`.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::{Value, json};

use super::CHECKS_VERSION;
use crate::check::{
    BASE_DIGEST, BASE_NAME, BaseNow, CHECKS, Document, Expectations, ImageView, LayerView, NotRead, Policy,
    Report,
};
use crate::digest::Digest;
use crate::survey::probes::content::{Content, Timeless};
use crate::survey::{Elf, Fact, Probe, Stored, Survey, probes};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/check/version/golden.txt");

const ADVICE: &str = "what probes see or checks find has changed: bump CHECKS_VERSION in src/check/version.rs and \
                      regenerate src/check/version/golden.txt with `UPDATE_GOLDENS=1 cargo test --lib check::version`";

/// A layer, as a tar.
struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn entry(mut self, path: &str, kind: tar::EntryType, mode: u32, bytes: &[u8], link: &str) -> Self {
        let mut header = tar::Header::new_ustar();
        // Names that the crate refuses are among those that checks are about.
        header.as_ustar_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_ustar_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        header.set_mtime(1000);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
        self
    }

    fn dirs(self, paths: &[&str]) -> Self {
        let dir = |layer: Self, path: &&str| {
            layer.entry(&format!("{path}/"), tar::EntryType::Directory, 0o755, b"", "")
        };
        paths.iter().fold(self, dir)
    }

    fn file(self, path: &str, mode: u32, bytes: &[u8]) -> Self {
        self.entry(path, tar::EntryType::Regular, mode, bytes, "")
    }

    fn task(self, path: &str, text: &str) -> Self {
        self.file(&format!("var/task/{path}"), 0o644, text.as_bytes())
    }

    fn link(self, path: &str, target: &str) -> Self {
        self.entry(path, tar::EntryType::Symlink, 0o777, b"", target)
    }

    fn tar(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// The lowest layer of most images: what AWS's bases have.
fn base() -> Layer {
    Layer::new()
        .dirs(&["bin", "lib64", "opt", "opt/extensions", "usr", "usr/bin", "var", "var/runtime", "var/task"])
        .file("bin/sh", 0o755, &program(62))
        .file("lambda-entrypoint.sh", 0o755, b"#!/bin/sh\nexec /var/runtime/bootstrap\n")
        .file("var/runtime/bootstrap", 0o755, b"#!/bin/sh\n")
}

/// The header of a program of 64 bits for this machine.
fn program(machine: u8) -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(64, 0);
    (elf[16], elf[18], elf[20], elf[54]) = (2, machine, 1, 56);
    elf
}

/// A shared library that needs `GLIBC_2.99` of `libc.so.6` and a library that is nowhere.
fn library() -> Vec<u8> {
    let strings = b"\0libc.so.6\0GLIBC_2.99\0libfar.so\0libown.so.1\0/home/me/lib:$ORIGIN\0";
    let [dynamic, entries, version] = [176_u64, 8, 32];
    let text = dynamic + entries * 16;
    let needs = text + strings.len() as u64;
    let size = needs + version;
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    elf.extend([3, 0, 62, 0, 1, 0, 0, 0]);
    [0_u64, 64, 0].iter().for_each(|word| elf.extend(word.to_le_bytes()));
    elf.extend([0; 4]);
    [64_u16, 56, 2, 64, 0, 0].iter().for_each(|half| elf.extend(half.to_le_bytes()));
    for (kind, at, size) in [(1_u32, 0, size), (2, dynamic, entries * 16)] {
        elf.extend(kind.to_le_bytes());
        elf.extend(4_u32.to_le_bytes());
        [at, at, at, size, size, 8].iter().for_each(|word| elf.extend(word.to_le_bytes()));
    }
    let tags = [
        (1, 1),
        (1, 22),
        (14, 32),
        (29, 44),
        (5, text),
        (10, strings.len() as u64),
        (0x6fff_fffe, needs),
        (0, 0),
    ];
    for (tag, value) in tags {
        elf.extend(u64::to_le_bytes(tag));
        elf.extend(u64::to_le_bytes(value));
    }
    elf.extend(strings);
    // Verneed, then its one Vernaux.
    [1_u16, 1].iter().for_each(|half| elf.extend(half.to_le_bytes()));
    [1_u32, 16, 0, 0].iter().for_each(|word| elf.extend(word.to_le_bytes()));
    [0_u16, 2].iter().for_each(|half| elf.extend(half.to_le_bytes()));
    [11_u32, 0].iter().for_each(|word| elf.extend(word.to_le_bytes()));
    elf
}

/// The directory of a zip with a member of this name.
fn jar(name: &str) -> Vec<u8> {
    let mut zip = b"PK\x01\x02".to_vec();
    zip.resize(28, 0);
    zip.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    zip.resize(46, 0);
    zip.extend(name.as_bytes());
    let size = u32::try_from(zip.len()).unwrap();
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(size.to_le_bytes());
    zip.extend([0; 6]);
    zip
}

fn pyc(magic: u16, flags: u32, mtime: u32, size: u32) -> Vec<u8> {
    let words = [flags, mtime, size].map(u32::to_le_bytes).concat();
    [&magic.to_le_bytes()[..], b"\r\n", &words].concat()
}

/// Letters as of a secret.
const FORTY: &str = "q7Zt1Xb9Vn3Lk5Hg8Fd2Sa4Pw6Oi0Uy+eR/mCjTB";

fn python() -> Layer {
    let large = vec![7; 1 << 20];
    base()
        .dirs(&[
            "var/task/pkg",
            "var/task/pkg-1.0.dist-info",
            "var/task/pkg/tests",
            "var/task/.git",
            "opt/lib",
        ])
        .task("app.py", "def main(event, context): pass\n")
        .task("pkg/__init__.py", "x = 1\n")
        .task("pkg-1.0.dist-info/RECORD", "pkg/__init__.py,,\npkg/tests/a.py,,\n../../bin/x,,\n")
        .task("pkg/tests/a.py", "import pkg\n")
        .task(".git/pack", "x")
        .task("ext.cpython-39-x86_64-linux-gnu.so", "x")
        .file("var/task/__pycache__/app.cpython-312.pyc", 0o644, &pyc(3531, 0, 1, 1))
        .file("var/task/__pycache__/old.cpython-39.pyc", 0o644, &pyc(3425, 3, 0, 0))
        .file("var/task/a.bin", 0o644, &large)
        .file("var/task/b.bin", 0o644, &large)
        .file("var/task/secret.py", 0o600, b"x")
        .file("opt/lost.py", 0o644, b"x")
        .task("here.pth", "/home/me/src\n")
        .link("var/task/start", "app.py")
        .link("var/task/gone", "/home/me/gone")
        .link("var/task/around", "around")
}

/// A package with more sources than are worth compiling at a start.
fn sources() -> Layer {
    let layer =
        base().task("app.py", "def handler(event, context): pass\n").dirs(&["var/task/site-packages"]);
    (0..100).fold(layer, |layer, at| layer.task(&format!("site-packages/m{at}.py"), "x = 1\n"))
}

fn secrets() -> Layer {
    let key = format!("-----BEGIN RSA PRIVATE KEY-----\n{FORTY}{FORTY}\n-----END RSA PRIVATE KEY-----\n");
    let id = ["AKIA", "Q7ZT2XB3VN4LK5HG"].concat();
    base()
        .dirs(&["root", "root/.aws", "root/.docker"])
        .task("app.py", "def handler(event, context): pass\n")
        .task("key.pem", &key)
        .task(".env", "LOG=debug\nDB_PASSWORD=hunter22\nURL=postgres://u:sekret@h/d\n")
        .task(".npmrc", "//registry.npmjs.org/:_authToken=npm_abcdefghijkl\n")
        .task(".pypirc", "[pypi]\npassword = pypi-AgEIcHl\n")
        .task(".netrc", "machine h login me password hunter22\n")
        .task("azure.json", r#"{"clientSecret":"abcdefgh~1","subscriptionId":"b"}"#)
        .file(
            "root/.aws/credentials",
            0o600,
            format!("[default]\naws_access_key_id = {id}\naws_secret_access_key = {FORTY}\n").as_bytes(),
        )
        .file("root/.docker/config.json", 0o600, br#"{"auths":{"h":{"auth":"bWU6aHVudGVyMjI="}}}"#)
}

fn node() -> Layer {
    base()
        .dirs(&["var/task/node_modules", "var/task/node_modules/x"])
        .task("package.json", r#"{"type":"commonjs"}"#)
        .task(
            "app.js",
            "const AWS = require('aws-sdk');\nexports.handler = (event, context, callback) => {};\n",
        )
        .task("node_modules/x/index.js", "require('aws-sdk')\n")
        .file("var/task/node_modules/x/addon.node", 0o755, &library())
}

fn native() -> Layer {
    base()
        .task("app.py", "def handler(event, context): pass\n")
        .file("var/task/libown.so", 0o755, &library())
        .file("var/task/arm", 0o755, &program(183))
        .file("var/task/windows.sh", 0o755, b"#!/bin/sh\r\nx\r\n")
        .file("opt/extensions/none", 0o755, b"#!/usr/bin/none\n")
        .file("opt/extensions/words", 0o644, b"text\n")
}

fn java() -> Layer {
    base()
        .dirs(&["var/task/lib"])
        .file("var/task/lib/app.jar", 0o644, &jar("com/example/App.class"))
        .task("a.runtimeconfig.json", r#"{"runtimeOptions":{"framework":{"version":"6.0.0"}}}"#)
}

fn dotnet() -> Layer {
    base().task("App.dll", "MZ").task("a.runtimeconfig.json", "{}").task("b.runtimeconfig.json", "{}")
}

fn odd() -> Layer {
    base()
        .task("app.py", "def handler(event, context): pass\n")
        .task("app.py", "def handler(event, context): pass\n")
        .file("var/no/parent", 0o644, b"")
        .file("./srv/spelled", 0o644, b"x")
        .file("../outside", 0o644, b"x")
        .file("var/task/.wh.nothing", 0o644, b"")
        .file("var/task/.wh..wh..opq", 0o644, b"")
        .file("var/task/set-id", 0o4755, &program(62))
        .entry("var/task/twin", tar::EntryType::Link, 0o644, b"", "var/task/app.py")
        .entry("var/task/hard", tar::EntryType::Link, 0o644, b"", "var/task/missing")
        .entry("var/task/device", tar::EntryType::Char, 0o644, b"", "")
        .entry("var/task/pipe", tar::EntryType::Fifo, 0o644, b"", "")
        .entry("var/task/volume", tar::EntryType::new(b'V'), 0o644, b"", "")
        .entry("x", tar::EntryType::XHeader, 0o644, b"29 SCHILY.xattr.user.a=value\n", "")
        .task("attributed", "x")
}

/// Two gzip members of nothing and a letter, in stored blocks.
fn members() -> Vec<u8> {
    let member = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01\0\0\xff\xff\0\0\0\0\0\0\0\0";
    [&member[..], member, b"x"].concat()
}

fn images() -> Vec<(&'static str, Vec<u8>, Value)> {
    let config = |cmd: &str| {
        json!({ "os": "linux", "architecture": "amd64", "config": { "Entrypoint": ["/lambda-entrypoint.sh"],
            "Cmd": [cmd], "WorkingDir": "/var/task", "Env": ["PATH=/var/lang/bin:/bin"] } })
    };
    let mut broken = config("app.handler");
    broken["architecture"] = "s390x".into();
    broken["os"] = "windows".into();
    broken["config"]["User"] = "1000".into();
    broken["config"]["Env"] = json!(["AWS_REGION=eu-west-1", format!("AWS_SECRET_ACCESS_KEY={FORTY}")]);
    broken["config"]["Entrypoint"] = json!(["nowhere"]);
    let cut = |mut tar: Vec<u8>| {
        tar.truncate(1000);
        tar
    };
    vec![
        ("sound", base().task("app.py", "def handler(event, context): pass\n").tar(), config("app.handler")),
        ("python", python().tar(), config("app.handler")),
        ("secrets", secrets().tar(), config("app.handler")),
        ("node", node().tar(), config("app.handler")),
        ("native", native().tar(), config("app.handler")),
        ("java", java().tar(), config("com.example.Other::handle")),
        ("dotnet", dotnet().tar(), config("App::Example.Class::Method")),
        ("sources", sources().tar(), config("app.handler")),
        ("odd", odd().tar(), config("app.handler")),
        ("cut", cut(base().tar()), config("app.handler")),
        ("members", members(), config("app.handler")),
        ("broken", base().tar(), broken),
        ("empty", Vec::new(), Value::Null),
    ]
}

/// The runtimes that each image is judged for.
const RUNTIMES: [Option<&str>; 7] = [
    None,
    Some("python3.12"),
    Some("python3.7"),
    Some("nodejs24.x"),
    Some("java21"),
    Some("dotnet8"),
    Some("provided.al2023"),
];

fn change_config(view: &mut ImageView, change: impl FnOnce(&mut Value)) {
    change(&mut view.config.value);
    view.config = Document::new(view.config.value.to_string().into_bytes().into());
}

fn change_manifest(view: &mut ImageView, change: impl FnOnce(&mut Value)) {
    let mut value = view.manifest.take().unwrap().value;
    change(&mut value);
    view.manifest = Some(Document::new(value.to_string().into_bytes().into()));
}

fn set(view: &mut ImageView, key: &str, value: Value) {
    change_config(view, |config| config["config"][key] = value);
}

fn layer_type(view: &mut ImageView, name: &str) {
    view.layers[0].descriptor["mediaType"] = name.into();
}

fn survey(view: &mut ImageView) -> &mut Survey {
    Arc::make_mut(view.layers[0].survey.as_mut().unwrap())
}

fn at(view: &mut ImageView, host: &str) {
    view.reference = Some(format!("{host}/team/fn:v1").parse().unwrap());
}

/// What is changed of an image or of what is expected of it.
type Change = fn(&mut ImageView, &mut Expectations);

const CHANGES: [(&str, Change); 27] = [
    ("unread-base", |view, _| {
        let descriptor = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 1 });
        view.layers.insert(0, LayerView { descriptor, of_base: true, survey: Err(NotRead::Base) });
    }),
    ("missing-layer", |view, _| view.layers[0].survey = Err(NotRead::Missing("it is gone".to_owned()))),
    ("docker-tar", |view, _| {
        change_manifest(view, |manifest| {
            manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json".into();
        });
        layer_type(view, "application/vnd.docker.image.rootfs.diff.tar");
    }),
    ("oci-tar", |view, _| layer_type(view, "application/vnd.oci.image.layer.v1.tar")),
    ("zstd", |view, _| {
        layer_type(view, "application/vnd.oci.image.layer.v1.tar+zstd");
        survey(view).stored = Stored::Zstd;
    }),
    ("foreign", |view, _| layer_type(view, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")),
    ("unknown-type", |view, _| layer_type(view, "text/plain")),
    ("malformed-manifest", |view, _| change_manifest(view, |manifest| manifest["schemaVersion"] = 1.into())),
    ("no-config", |view, _| view.lacks_config = Some("it is gone".to_owned())),
    ("index", |view, _| view.index = Some(Document::new(b"{\"manifests\":[{}]}".as_slice().into()))),
    ("diff-id", |view, _| change_config(view, |config| config["rootfs"]["diff_ids"] = json!(["sha256:0"]))),
    ("history", |view, _| change_config(view, |config| config["history"] = json!([{}, {}]))),
    ("large-manifest", |view, _| {
        change_manifest(view, |manifest| manifest["annotations"]["x"] = "x".repeat(30_000).into());
    }),
    ("large-image", |view, _| survey(view).tar_size = 11 << 30),
    ("large-files", |view, _| survey(view).entries.iter_mut().for_each(|entry| entry.size *= 200_000_000)),
    ("environment", |view, _| {
        set(view, "Env", json!(["TMPDIR=/var/task", format!("LARGE={}", "x".repeat(5000))]));
    }),
    ("arm", |view, _| change_config(view, |config| config["architecture"] = "arm64".into())),
    ("two-words", |view, _| set(view, "Cmd", json!(["app.handler", "more"]))),
    ("own-start", |view, _| set(view, "Entrypoint", json!(["python3", "app.py"]))),
    ("client", |view, _| set(view, "Entrypoint", json!(["python3", "-m", "awslambdaric"]))),
    ("link", |view, _| set(view, "Entrypoint", json!(["/var/task/start"]))),
    ("fips", |view, _| at(view, "123456789012.dkr.ecr-fips.eu-west-1.amazonaws.com")),
    ("dual-stack", |view, _| at(view, "123456789012.dkr-ecr.eu-west-1.on.aws")),
    ("region", |view, _| at(view, "123456789012.dkr.ecr.us-east-1.amazonaws.com")),
    ("moved-base", |_, expectations| {
        let (built_on, now) = (Digest::of(b"then"), Digest::of(b"now"));
        expectations.base = Some(BaseNow { name: "python:3.12".to_owned(), built_on, now });
    }),
    ("soon", |_, expectations| expectations.today = crate::date::Date::new(2028, 10, 1)),
    ("node-module", |view, _| {
        for entry in survey(view).entries.iter_mut().filter(|entry| entry.path.ends_with(".node")) {
            let addon = vec!["node_register_module_v64".to_owned()];
            entry.facts = vec![Fact::Elf(Box::new(Elf { bits: 64, addon, ..Elf::default() }))];
        }
    }),
];

/// Images of which every change is judged, too.
const CHANGED: [&str; 3] = ["python", "native", "node"];

/// What is seen of the corpus, and found in it: a line for each survey, and for each image and change of it.
fn found() -> String {
    let mut lines = format!("checks {CHECKS_VERSION}\n");
    let timed = BTreeSet::from(["var/task/here.pth".to_owned(), "var/task/lib/app.jar".to_owned()]);
    let timeless = Timeless(&timed);
    let probes: Vec<&dyn Probe> = [probes::ALL, &[&Content, &timeless]].concat();
    for (name, tar, config) in images() {
        let survey = Survey::read(&tar[..], &probes).unwrap();
        writeln!(lines, "{name}: survey {}", Digest::of(&survey.to_bytes())).unwrap();
        let view = view(survey, config);
        let changes = CHANGES.into_iter().filter(|_| CHANGED.contains(&name));
        for (change, how) in [("as it is", (|_, _| {}) as Change)].into_iter().chain(changes) {
            writeln!(lines, "{name}, {change}: {}", judged(&view, how)).unwrap();
        }
    }
    lines
}

fn view(survey: Survey, mut config: Value) -> ImageView {
    if config.is_object() {
        config["rootfs"] = json!({ "type": "layers", "diff_ids": [survey.diff_id.to_string()] });
    }
    let layer = json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 7,
        "digest": survey.digest.to_string() });
    let config = Document::new(config.to_string().into_bytes().into());
    let manifest = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.docker.container.image.v1+json", "size": 1,
            "digest": Digest::of(b"other").to_string() },
        "layers": [layer],
        "annotations": { BASE_NAME: "public.ecr.aws/lambda/python:3.12", BASE_DIGEST: Digest::of(b"").to_string() } });
    ImageView {
        reference: Some("public.ecr.aws/team/fn:v1".parse().unwrap()),
        manifest: Some(Document::new(manifest.to_string().into_bytes().into())),
        config,
        layers: vec![LayerView { descriptor: layer, of_base: false, survey: Ok(Arc::new(survey)) }],
        ..ImageView::default()
    }
}

/// The digest of the reports for every runtime, and the ids of what is found.
fn judged(view: &ImageView, change: Change) -> String {
    let (mut reports, mut ids) = (Vec::new(), BTreeSet::new());
    for runtime in RUNTIMES {
        let mut view = view.clone();
        view.profile = runtime.map(|id| crate::runtime::profile(id).unwrap());
        let mut expectations = Expectations {
            region: Some("eu-west-1".to_owned()),
            max_size: Some(1000),
            snapstart: true,
            today: crate::date::Date::new(2026, 11, 27),
            ..Expectations::default()
        };
        change(&mut view, &mut expectations);
        let report = Report::of(&view, &expectations, &Policy::default(), NonZeroUsize::MIN);
        reports.extend(report.to_bytes());
        ids.extend(report.findings.iter().map(|finding| finding.check.id));
    }
    format!("{} {}", Digest::of(&reports), Vec::from_iter(ids).join(" "))
}

#[test]
fn what_is_found_is_that_of_this_version() {
    let (found, known) = (found(), fs::read_to_string(GOLDEN).unwrap_or_default());
    if found == known {
        return;
    }
    let same_version = known.lines().next() == found.lines().next();
    assert!(!same_version, "{ADVICE}\n{}", changed(&known, &found));
    assert!(env::var_os("UPDATE_GOLDENS").is_some(), "{ADVICE}");
    fs::write(GOLDEN, found).unwrap();
}

#[test]
fn every_check_finds_something_in_the_corpus() {
    let found = found();
    let ids: BTreeSet<_> = found.split_whitespace().collect();
    let missing: Vec<_> = CHECKS.iter().map(|check| check.id).filter(|id| !ids.contains(id)).collect();
    assert!(missing.is_empty(), "add to the corpus what these find: {missing:?}");
}

/// The lines of `found` that are not in `known`.
fn changed(known: &str, found: &str) -> String {
    let known: BTreeSet<_> = known.lines().collect();
    found.lines().filter(|line| !known.contains(line)).collect::<Vec<_>>().join("\n")
}
