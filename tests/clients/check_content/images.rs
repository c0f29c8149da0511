//! For each check an image that fails it and nothing else; and images that come near a fault and have none.

use lambda_img::family::launcher;
use serde_json::{Value, json};

use super::image::{Image, JAVA, KEY, for_musl, from_the_future, jar, library, machine, pyc, versioned};

fn image() -> Image {
    Image::new()
}

/// A base that nobody knows, with an entry script like AWS's.
const OTHERS: &str = "registry.example.com/team/base:1";

fn on_others() -> Image {
    image().on(OTHERS)
}

fn small() -> Vec<u8> {
    library("int f(void){return 1;}", &["-nostdlib"])
}

fn addon(name: &str) -> Vec<u8> {
    library(&format!("void {name}(void){{}}"), &["-nostdlib"])
}

fn node() -> Image {
    let image = image().runtime("nodejs22.x").set("Cmd", json!(["index.handler"]));
    image.task("index.js", b"exports.handler = 1")
}

fn node24(source: &str) -> Image {
    of("nodejs24.x", "index.handler").task("index.js", source.as_bytes())
}

fn of(runtime: &'static str, handler: &str) -> Image {
    image().runtime(runtime).set("Cmd", json!([handler]))
}

fn java() -> Image {
    of("java21", "a.B::c").dir("var/task/a", 0o755).task("a/B.class", b"")
}

fn ruby() -> Image {
    of("ruby3.4", "app.handler").task("app.rb", b"def handler(event:, context:); end\n")
}

/// A file of a Lambda layer, in a directory.
fn layer(dir: &str, name: &str) -> Image {
    let above = dir.match_indices('/').map(|(at, _)| &dir[..at]).filter(|dir| *dir != "opt");
    let image = above.chain([dir]).fold(image(), |image, dir| image.dir(dir, 0o755));
    image.file(&format!("{dir}/{name}"), 0o644, b"")
}

/// With a launcher in the place of the bootstrap.
fn launched() -> Image {
    Image::started_by(&launcher::script(b"#!/bin/sh\n", launcher::PLACES[0]).unwrap())
}

/// A package of many sources, without bytecode.
fn sources() -> Image {
    let image = image().dir("var/task/p.dist-info", 0o755).task("p.dist-info/RECORD", b"p/m0.py,,\n");
    (0..120).fold(image.dir("var/task/p", 0o755), |image, at| image.task(&format!("p/m{at}.py"), b""))
}

fn dotnet(names: &[&str]) -> Image {
    let image = image().runtime("dotnet10").set("Cmd", json!(["Fn::Fn.F::H"]));
    names.iter().fold(image, |image, name| image.task(name, b"{}"))
}

/// A package with builds for systems that its loader does not take here.
fn prebuilds() -> Image {
    let dirs = [
        "prebuilds",
        "prebuilds/android-x64",
        "prebuilds/linux-x64",
        "prebuilds/freebsd-x64",
        "build",
        "build/Release",
    ];
    let image = node().dir("var/task/node_modules", 0o755).dir("var/task/node_modules/x", 0o755);
    let image =
        dirs.iter().fold(image, |image, dir| image.dir(&format!("var/task/node_modules/x/{dir}"), 0o755));
    ["android-x64/x.node", "linux-x64/node.napi.musl.node", "freebsd-x64/x.node"]
        .iter()
        .fold(image, |image, name| image.task(&format!("node_modules/x/prebuilds/{name}"), &for_musl()))
}

/// Check and image.
pub fn failing() -> Vec<(&'static str, Image)> {
    vec![
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
        // What lies in the layers of the function is judged on every base.
        ("handler-symbol", on_others().set("Cmd", json!(["app.main"]))),
        ("handler-missing", image().on_unread_base().set("Cmd", json!(["handler"]))),
        (
            "dotnet-json",
            dotnet(&["Fn.dll", "a.deps.json", "b.deps.json", "Fn.runtimeconfig.json"]).on_unread_base(),
        ),
        ("start-missing", on_others().link("opt/extensions/x", "x")),
        ("start-missing", on_others().set("Entrypoint", json!(["/var/task/app.py/main"]))),
        ("dangling-link", on_others().link("var/task/x", "x")),
        ("dangling-link", on_others().link("var/task/x", "app.py/x")),
        ("dangling-link", image().on_unread_base().link("var/task/x", "gone")),
        ("dangling-link", image().on_unread_base().link("var/task/x", "/home/me/x")),
        ("dotnet-json", dotnet(&["Fn.dll", "Fn.deps.json"])),
        ("runtime-client", image().set("Entrypoint", json!(["/bin/sh", "-m", "awslambdaric"]))),
        (
            "runtime-client",
            image()
                .set("Entrypoint", json!(["/bin/sh", "-cp", "./*", JAVA]))
                .task("other.jar", &jar("a.class")),
        ),
        ("runtime-client-none", image().python().set("Entrypoint", json!(["python3", "app.py"]))),
        (
            "start-link",
            image()
                .link("var/task/main", "main-1.0")
                .file("var/task/main-1.0", 0o755, b"#!/bin/sh\n")
                .set("Entrypoint", json!(["./main"])),
        ),
        // What a launcher of this tool starts is started, too.
        ("start-missing", launched()),
        ("start-not-executable", launched().task("bootstrap", b"#!/bin/sh\n")),
        ("start-format", launched().file("var/task/bootstrap", 0o755, b"#!/bin/bash\n")),
        ("nodejs-callback", node24("exports.handler = (event, context, callback) => {};")),
        ("nodejs-callback", node24("exports.handler = async (event, context, done) => {};").on(OTHERS)),
        ("nodejs-sdk", node().task("lib.js", b"const AWS = require('aws-sdk');")),
        ("nodejs-sdk", node().on_unread_base().task("lib.mjs", b"import S3 from 'aws-sdk/clients/s3';")),
        ("lambda-layer-path", layer("opt/requests", "__init__.py")),
        ("lambda-layer-path", layer("opt/lib/python3.12/site-packages/requests", "__init__.py").on(OTHERS)),
        ("lambda-layer-path", image().file("opt/shared.py", 0o644, b"")),
        (
            "lambda-layer-path",
            node().dir("opt/node_modules", 0o755).file("opt/node_modules/x.js", 0o644, b""),
        ),
        ("lambda-layer-path", java().file("opt/b.jar", 0o644, &jar("a/B.class"))),
        ("lambda-layer-path", ruby().dir("opt/gems", 0o755).file("opt/gems/x.rb", 0o644, b"")),
        ("unreadable", image().file("var/task/secret.txt", 0o600, b"x")),
        ("unreadable", image().dir("var/task/p", 0o700).task("p/x", b"x")),
        ("elf-architecture", image().task("lib.so", &machine(small(), 183))),
        (
            "symbol-version",
            image()
                .task("lib.so", &from_the_future())
                .task("libc.so.6", &versioned("GLIBC_2.17", "void past(void){}")),
        ),
        ("symbol-version", image().on_unread_base().task("lib.so", &from_the_future())),
        (
            "library-missing",
            image().task("lib.so", &library("", &["-nostdlib", "-Wl,--no-as-needed", "-lm"])),
        ),
        ("library-missing", image().on_unread_base().task("lib.so", &for_musl())),
        ("library-missing", image().on("mirror.example.com/lambda/python:3.12").task("lib.so", &for_musl())),
        (
            "library-missing",
            prebuilds().on_unread_base().task("node_modules/x/build/Release/x.node", &for_musl()),
        ),
        ("dangling-link", image().link("var/task/x", "../gone")),
        ("host-path", image().file("var/task/run", 0o755, b"#!/home/me/venv/bin/python\n")),
        ("host-path", image().task("me.pth", b"/home/me/src\n")),
        ("host-path", image().task("x.so", &library("", &["-nostdlib", "-Wl,-rpath,/home/me/lib"]))),
        ("bytecode-stale", image().task("app.pyc", &pyc(3531, 999, 34))),
        ("bytecode-python", image().task("app.pyc", &pyc(3495, 1000, 34))),
        ("bytecode-missing", sources()),
        ("python-tag", image().task("m.cpython-311-x86_64-linux-gnu.so", &small())),
        ("node-abi", node().task("x.node", &addon("node_register_module_v115"))),
        ("large-file", image().task("big.bin", &vec![1; 100_000_001])),
        ("duplicate-file", image().task("a.bin", &vec![7; 6_000_000]).task("b.bin", &vec![7; 6_000_000])),
        ("dead-weight", image().dir("var/task/.git", 0o755).task(".git/pack", &vec![1; 1_000_000])),
        ("temporary-directory", image().env("TMPDIR=/var/task/tmp")),
        ("secret", image().task("key.pem", KEY.as_bytes())),
        ("secret-config", image().env(&format!("KEY={KEY}"))),
    ]
}

/// Sound images.
pub fn passing() -> Vec<Image> {
    vec![
        image().link("main", "bin/sh").set("Entrypoint", json!(["main-not"])).on_unread_base(),
        // As the interpreters of virtual environments are.
        image().link("var/task/sh", "../../bin/sh").set("Entrypoint", json!(["/var/task/sh"])),
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
        // Of a base that was not read nothing is known, but of AWS's own which C library it has.
        on_others().task("lib.so", &from_the_future()),
        on_others().task("lib.so", &for_musl()),
        on_others().link("var/task/x", "../gone").link("opt/x", "lib/gone"),
        on_others().set("Cmd", json!(["other.handler"])),
        on_others().set("Cmd", json!(["handler"])),
        image()
            .on_unread_base()
            .task("lib.so", &from_the_future())
            .task("libc.so.6", &versioned("GLIBC_2.17", "void past(void){}"))
            .on(OTHERS),
        prebuilds(),
        prebuilds().on_unread_base(),
        launched().file("var/task/bootstrap", 0o755, b"#!/bin/sh\n"),
        node24("exports.handler = async (event, context) => {};"),
        node24("exports.other = (event, context, callback) => {}; exports.handler = async () => {};"),
        node().task("old.js", b"exports.handler = (event, context, callback) => {};"),
        node()
            .task("lib.js", b"const AWS = require('aws-sdk');")
            .dir("var/task/node_modules", 0o755)
            .dir("var/task/node_modules/aws-sdk", 0o755)
            .task("node_modules/aws-sdk/index.js", b""),
        node().on(OTHERS).task("lib.js", b"const AWS = require('aws-sdk');"),
        of("nodejs16.x", "index.handler").task("index.js", b"exports.handler = require('aws-sdk');"),
        layer("opt/python/requests", "__init__.py"),
        layer("opt/python/lib/python3.12/site-packages/requests", "__init__.py"),
        // An extension's own package, a wrapper script, an agent, and what the function looks for itself.
        layer("opt/my_extension", "__init__.py").file("opt/extensions/my-extension", 0o755, b"#!/bin/sh\n"),
        image().file("opt/wrapper.py", 0o755, b"#!/bin/sh\n"),
        image().env("PYTHONPATH=/opt").file("opt/shared.py", 0o644, b""),
        java().file("opt/javaagent.jar", 0o644, &jar("a/B.class")),
        node().task("x.node", &addon("napi_register_module_v1")),
        node().task("x.node", &addon("node_register_module_v127")),
        dotnet(&["Fn.dll", "Fn.deps.json", "Fn.runtimeconfig.json"]),
        image().link("var/task/cache", "/tmp/cache"),
        image().dir("var/task/node_modules", 0o755).task("node_modules/test.pem", KEY.as_bytes()),
        image().env("TMPDIR=/tmp/x"),
    ]
}
