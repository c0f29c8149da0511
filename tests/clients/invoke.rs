//! Functions on stand-ins of AWS's bases, loaded by a real Docker engine and invoked through the real
//! Runtime Interface Emulator.
//!
//! On the base from an OCI layout an image runs as it is, the way Lambda runs it: by an unprivileged
//! user, on a read-only root. On the one from a Docker archive it runs in the host's network.

use crate::harness::support;

use std::path::Path;

use crate::harness::support::{
    Docker, build, example, lambda_img, repository, scratch, stand_in, stand_in_archive,
};
use serde_json::{Value, json};

/// Lambda's conditions, as far as an engine can make them.
const LIKE_LAMBDA: [&str; 4] = ["--read-only", "--tmpfs=/tmp", "--user=993:990", "--cap-drop=ALL"];

/// Builds on both forms of a stand-in and invokes both images.
fn invoke(base: &str, function: &Path, args: &[&str], event: &Value) -> [Value; 2] {
    let bases = [
        format!("oci:{}:base", stand_in(base).display()),
        format!("docker-archive:{}", stand_in_archive(base).display()),
    ];
    invoke_on(&bases, function, args, event)
}

/// The same on both forms of any base.
fn invoke_on(bases: &[String; 2], function: &Path, args: &[&str], event: &Value) -> [Value; 2] {
    let dir = scratch();
    let docker = Docker::start();
    let mut answers = bases.iter().enumerate().map(|(n, base)| {
        let (archive, name) =
            (format!("{n}.tar"), format!("{}-{n}:v1", dir.path().file_name().expect("a name").display()));
        let name = name.trim_start_matches('.').to_lowercase();
        let function = function.display().to_string();
        let target = format!("docker-archive:{archive}:{name}");
        build(dir.path(), [&[function.as_str(), "--base", base, "-o", &target][..], args].concat());
        assert_eq!(docker.load(&dir.path().join(&archive)), name);
        let running = if n == 0 { docker.serve_as_is(&name, &LIKE_LAMBDA) } else { docker.serve(&name, &[]) };
        let answer = running.invoke(event);
        // The same environment answers again: it did not end with its first event.
        assert_eq!(running.invoke(event), answer, "{}", running.logs());
        drop(running);
        docker.run(&["rmi", "--force", &name]);
        answer
    });
    [(); 2].map(|()| answers.next().expect("an answer"))
}

#[test]
fn python_with_dependencies() {
    let function = example("python").join("build");
    let answers = invoke(
        "python3.11",
        &function,
        &["--runtime", "python3.11", "--handler", "app.handler"],
        &json!({"name": "\u{c9}va"}),
    );
    for (answer, uid) in answers.iter().zip([993, 0]) {
        assert_eq!(*answer, json!({"slug": "hello-eva", "function": "test_function", "uid": uid}));
    }
}

#[test]
fn nodejs_with_node_modules() {
    let function = example("nodejs").join("build");
    let answers = invoke(
        "nodejs22.x",
        &function,
        &["--runtime", "nodejs22.x", "--handler", "index.handler"],
        &json!({"millis": 7_200_000}),
    );
    for (answer, uid) in answers.iter().zip([993, 0]) {
        assert_eq!(*answer, json!({"long": "2 hours", "function": "test_function", "uid": uid}));
    }
}

#[test]
fn custom_runtime_in_sh() {
    let function = example("shell").join("function");
    let args = ["--runtime", "provided.al2023", "--handler", "function.handler"];
    let answers = invoke("provided.al2023", &function, &args, &json!({"a": [1, "two"]}));
    for (answer, uid) in answers.iter().zip([993, 0]) {
        assert_eq!(*answer, json!({"echo": {"a": [1, "two"]}, "uid": uid}));
    }
}

#[test]
fn the_custom_runtime_of_a_base_runs_a_function_that_has_none() {
    let dir = scratch();
    let example = repository("examples/shell/function");
    let bootstrap = example.join("bootstrap").display().to_string();
    let base = format!("oci:{}:base", stand_in("provided.al2023").display());
    let runtime = ["--runtime", "provided.al2023", "--base", &base];
    let outputs = ["-o", "oci:runtime:base", "-o", "docker-archive:runtime.tar:base"];
    build(dir.path(), [&[bootstrap.as_str()][..], &runtime, &outputs].concat());
    let at = dir.path().display();
    let bases = [format!("oci:{at}/runtime:base"), format!("docker-archive:{at}/runtime.tar")];
    let function = dir.path().join("function");
    std::fs::create_dir(&function).expect("a directory");
    std::fs::copy(example.join("function.sh"), function.join("function.sh")).expect("a file");
    let args = ["--runtime", "provided.al2023", "--handler", "function.handler", "--all-layers"];
    let answers = invoke_on(&bases, &function, &args, &json!({"a": 1}));
    for (answer, uid) in answers.iter().zip([993, 0]) {
        assert_eq!(*answer, json!({"echo": {"a": 1}, "uid": uid}));
    }
}

#[test]
fn the_bootstrap_of_a_zip_made_for_the_task_root_is_used() {
    let dir = scratch();
    let zip = dir.path().join("function.zip");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&zip).expect("a file"));
    for name in ["bootstrap", "function.sh"] {
        let mode = if name == "bootstrap" { 0o755 } else { 0o644 };
        archive
            .start_file(name, zip::write::SimpleFileOptions::default().unix_permissions(mode))
            .expect("a member");
        let bytes = std::fs::read(repository("examples/shell/function").join(name)).expect("a file");
        std::io::Write::write_all(&mut archive, &bytes).expect("its bytes");
    }
    archive.finish().expect("a zip");
    let args = ["--runtime", "provided.al2023", "--handler", "function.handler"];
    let answers = invoke("provided.al2023", &zip, &args, &json!("event"));
    assert_eq!(answers[0], json!({"echo": "event", "uid": 993}));
}

/// A small project of this repository.
fn project(name: &str) -> std::path::PathBuf {
    repository("tests/data/projects").join(name)
}

const CUSTOM: [&str; 4] = ["--runtime", "provided.al2023", "--handler", "any"];

#[test]
fn a_shell_bootstrap_that_finds_its_files_by_its_own_name_runs_as_its_zip_would() {
    let answers = invoke("provided.al2023", &project("bootstrap-dirname"), &CUSTOM, &json!(1));
    let answer = json!({"zero": "/var/task/bootstrap", "arguments": 0, "in": "/var/task", "event": 1});
    assert_eq!(answers, [answer.clone(), answer]);
}

#[test]
fn a_bootstrap_of_the_function_that_an_option_names_finds_its_files_too() {
    let bootstrap = project("bootstrap-dirname").join("bootstrap").display().to_string();
    let args = [&CUSTOM[..], &["--bootstrap", &bootstrap]].concat();
    let answers = invoke("provided.al2023", &project("bootstrap-dirname"), &args, &json!(1));
    assert_eq!(answers[0]["zero"], "/var/task/bootstrap");
}

#[test]
fn a_shell_bootstrap_that_goes_to_where_it_stands_runs_as_its_zip_would() {
    let answers = invoke("provided.al2023", &project("bootstrap-cd"), &CUSTOM, &json!("x"));
    assert_eq!(answers[0], json!({"in": "/var/task", "event": "x"}));
}

#[test]
fn a_bootstrap_of_a_lambda_layer_finds_what_its_layer_has_beside_it() {
    let dir = scratch();
    std::fs::write(dir.path().join("data.txt"), "x").expect("a file");
    let layer = project("bootstrap-dirname").display().to_string();
    let args = [&CUSTOM[..], &["--lambda-layer", &layer]].concat();
    let answers = invoke("provided.al2023", dir.path(), &args, &json!(2));
    let answer = json!({"zero": "/opt/bootstrap", "arguments": 0, "in": "/var/task", "event": 2});
    assert_eq!(answers, [answer.clone(), answer]);
}

#[test]
fn a_python_bootstrap_imports_and_reads_what_stands_beside_it() {
    let answers = invoke("python3.11", &project("bootstrap-python"), &CUSTOM, &json!([2]));
    assert_eq!(answers[0], json!({"here": "/var/task", "greeting": "hello", "event": [2]}));
}

/// A program that reads a file beside itself, in a directory that is a function.
fn native(dir: &Path) -> std::path::PathBuf {
    let function = dir.join("native");
    std::fs::create_dir(&function).expect("a directory");
    std::fs::copy(project("bootstrap-native/prefix.txt"), function.join("prefix.txt")).expect("its file");
    let mut gcc = support::program("gcc");
    gcc.args(["-static", "-O1", "-Wall", "-o"]).arg(function.join("bootstrap"));
    support::output(gcc.arg(project("bootstrap-native/bootstrap.c")));
    function
}

#[test]
fn a_program_that_looks_beside_its_own_file_finds_it_on_every_base() {
    let dir = scratch();
    let function = native(dir.path());
    let answers = invoke("provided.al2023", &function, &CUSTOM, &json!({}));
    assert_eq!(answers[0], json!({"prefix": "from beside"}));
    // On a base without an entry script the program itself is started, and nothing but it is needed.
    let docker = Docker::start();
    let name = "beside:v1";
    let path = function.display().to_string();
    build(
        dir.path(),
        [&[&*path, "--base", "embedded", "-o", "docker-archive:e.tar:beside:v1"][..], &CUSTOM].concat(),
    );
    docker.load(&dir.path().join("e.tar"));
    let running = docker.serve(name, &["--read-only"]);
    assert_eq!(running.invoke(&json!({})), json!({"prefix": "from beside"}), "{}", running.logs());
}

#[test]
fn the_stand_in_minds_its_arguments_as_the_real_one_does() {
    let dir = scratch();
    let docker = Docker::start();
    let base = format!("oci:{}:base", stand_in("provided.al2023").display());
    let function = repository("examples/shell/function").display().to_string();
    let args = [
        "--runtime",
        "provided.al2023",
        "--handler",
        "h",
        "--base",
        &base,
        "-o",
        "docker-archive:i.tar:args:v1",
    ];
    build(dir.path(), [&[function.as_str()][..], &args].concat());
    docker.load(&dir.path().join("i.tar"));
    let out = docker
        .command()
        .args(["run", "--rm", "--network=none", "args:v1", "one", "two"])
        .output()
        .expect("docker run");
    assert_eq!(out.status.code(), Some(142));
    assert!(String::from_utf8_lossy(&out.stderr).contains("the first argument"));
}

#[test]
fn a_handler_that_is_not_there_is_refused() {
    let dir = scratch();
    let function = example("python").join("build");
    let base = format!("oci:{}:base", stand_in("python3.11").display());
    let mut command = lambda_img();
    command.current_dir(dir.path()).arg("build").arg(function);
    let out = command.args([
        "--runtime",
        "python3.11",
        "--handler",
        "main.handler",
        "--base",
        &base,
        "-o",
        "oci:image",
    ]);
    let out = out.output().expect("run lambda-img");
    assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stderr).contains("app.py"));
    assert!(!dir.path().join("image").exists());
}
