//! Every example, built; those that can run without a language of AWS's, run.

use crate::harness::support;

use std::collections::BTreeMap;
use std::path::Path;

use crate::harness::support::{Docker, Entry, Tree, build, config, example, files, scratch, stand_in};
use serde_json::{Value, json};

/// What an example became.
struct Made {
    tree: Tree,
    layers: BTreeMap<String, usize>,
    config: Value,
}

impl Made {
    /// Builds `path` of example `name`, on a stand-in where `base` names one.
    fn new(name: &str, path: &str, base: &str, args: &[&str]) -> Made {
        let dir = scratch();
        build_to(dir.path(), "oci:image:v1", name, path, base, args);
        let layout = dir.path().join("image");
        let (tree, layers) = files(&layout);
        Made { tree, layers, config: config(&layout)["config"].clone() }
    }

    /// The files and links below a directory of the image.
    fn below(&self, dir: &str) -> Vec<&str> {
        let files = self.tree.iter().filter(|(_, entry)| !matches!(entry, Entry::Dir { .. }));
        files.filter_map(|(path, _)| path.strip_prefix(dir)?.strip_prefix('/')).collect()
    }

    /// The layer of a path, counted from 0.
    fn layer(&self, path: &str) -> usize {
        *self.layers.get(path).unwrap_or_else(|| panic!("the image has no `{path}`"))
    }

    fn mode(&self, path: &str) -> u32 {
        match self.tree.get(path) {
            Some(Entry::File { mode, .. }) => *mode,
            other => panic!("`{path}`: {other:?}"),
        }
    }
}

fn build_to(dir: &Path, output: &str, name: &str, path: &str, base: &str, args: &[&str]) {
    let example = example(name);
    let base = if matches!(base, "embedded" | "scratch") {
        base.to_owned()
    } else {
        format!("oci:{}:base", stand_in(base).display())
    };
    let target = match output.split_once(':') {
        Some((kind, rest)) => format!("{kind}:{}", dir.join(rest).display()),
        None => panic!("`{output}` has no kind"),
    };
    build(&example, [&[path, "--base", &base, "-o", &target][..], args].concat());
}

/// Builds, loads and starts an example, and returns its answer and what it logged.
fn run(name: &str, path: &str, base: &str, args: &[&str], event: &Value) -> (Value, String) {
    let dir = scratch();
    let docker = Docker::start();
    let tag = format!("example-{name}:v1");
    build_to(dir.path(), &format!("docker-archive:image.tar:{tag}"), name, path, base, args);
    assert_eq!(docker.load(&dir.path().join("image.tar")), tag);
    let running = docker.serve(&tag, &["--read-only", "--tmpfs=/tmp", "--user=993:990"]);
    let answer = running.invoke(event);
    (answer, running.logs())
}

#[test]
fn python() {
    let made =
        Made::new("python", "build", "shaped", &["--runtime", "python3.11", "--handler", "app.handler"]);
    assert_eq!(made.config["Cmd"], json!(["app.handler"]));
    assert_eq!(made.config["Entrypoint"], json!(["/lambda-entrypoint.sh"]));
    let (code, dependency) = (made.layer("var/task/app.py"), made.layer("var/task/slugify/slugify.py"));
    assert!(dependency < code, "dependencies are below the code");
    assert_eq!(made.layer("var/task/slugify/__pycache__/slugify.cpython-311.pyc"), dependency);
    assert_eq!(made.layer("var/task/text_unidecode/data.bin"), dependency);
    // PEP 552: bit 0 says that a hash is recorded, not a time; bit 1, unset, that nobody checks it.
    for path in
        ["var/task/slugify/__pycache__/slugify.cpython-311.pyc", "var/task/__pycache__/app.cpython-311.pyc"]
    {
        let Some(Entry::File { bytes, .. }) = made.tree.get(path) else { panic!("no `{path}`") };
        assert_eq!(bytes[4..8], [1, 0, 0, 0], "`{path}`");
    }
}

#[test]
fn nodejs() {
    let made =
        Made::new("nodejs", "build", "shaped", &["--runtime", "nodejs22.x", "--handler", "index.handler"]);
    assert!(made.layer("var/task/node_modules/ms/index.js") < made.layer("var/task/index.js"));
    made.layer("var/task/package.json");
    assert_eq!(made.config["Cmd"], json!(["index.handler"]));
}

#[test]
fn ruby() {
    let handler = "lambda_function.LambdaFunction::Handler.process";
    let made = Made::new("ruby", "build", "shaped", &["--runtime", "ruby3.3", "--handler", handler]);
    let gem = "var/task/vendor/bundle/ruby/3.3.0/gems/example_words-1.0.0/lib/example_words.rb";
    assert!(made.layer(gem) < made.layer("var/task/lambda_function.rb"));
    assert_eq!(made.config["Cmd"], json!([handler]));
}

#[test]
fn java() {
    let handler = "example.Handler::handleRequest";
    let made = Made::new("java", "build", "shaped", &["--runtime", "java17", "--handler", handler]);
    assert_eq!(made.below("var/task"), ["example/Handler.class", "lib/words-1.0.jar"]);
    assert!(made.layer("var/task/lib/words-1.0.jar") < made.layer("var/task/example/Handler.class"));
}

#[test]
fn dotnet() {
    let handler = "Hello::Hello.Function::Handle";
    let made = Made::new("dotnet", "publish", "shaped", &["--runtime", "dotnet8", "--handler", handler]);
    let all = ["Amazon.Lambda.Core.dll", "Hello.deps.json", "Hello.dll", "Hello.runtimeconfig.json"];
    assert_eq!(made.below("var/task"), all);
    assert!(made.layer("var/task/Amazon.Lambda.Core.dll") < made.layer("var/task/Hello.dll"));
}

#[test]
fn go() {
    let args = ["--runtime", "go1.x", "--handler", "main"];
    let made = Made::new("go", "build/main", "go1.x", &args);
    assert_eq!(made.below("var/task"), ["main"]);
    assert_eq!(made.mode("var/task/main"), 0o755);
    let (answer, _) = run("go", "build/main", "go1.x", &args, &json!({"name": "Go"}));
    assert_eq!(answer, json!({"greeting": "Hello, Go!", "uid": 993}));
}

#[test]
fn rust() {
    let args = ["--runtime", "provided.al2023"];
    let made = Made::new("rust", "build/bootstrap", "embedded", &args);
    assert_eq!(made.below("var/runtime"), ["bootstrap"]);
    assert_eq!(made.below("var/task"), [""; 0]);
    assert_eq!(made.config["Entrypoint"], json!(["/var/runtime/bootstrap"]));
    let (answer, _) = run("rust", "build/bootstrap", "embedded", &args, &json!({"name": "Rust"}));
    assert_eq!(answer["greeting"], "Hello, Rust!");
}

#[test]
fn shell() {
    let args = ["--runtime", "provided.al2023", "--handler", "function.handler"];
    let made = Made::new("shell", "function", "provided.al2023", &args);
    assert_eq!(made.below("var/task"), ["bootstrap", "function.sh"]);
    assert_eq!(made.mode("var/runtime/bootstrap"), 0o755);
    let (answer, _) = run("shell", "function", "provided.al2023", &args, &json!({"name": "sh"}));
    assert_eq!(answer, json!({"echo": {"name": "sh"}, "uid": 993}));
}

#[test]
fn lambda_layer() {
    let args = ["--runtime", "python3.11", "--handler", "app.handler", "--lambda-layer", "layer"];
    let made = Made::new("lambda-layer", "function", "python3.11", &args);
    assert_eq!(made.below("opt"), ["python/greetings/__init__.py"]);
    assert!(made.layer("opt/python/greetings/__init__.py") < made.layer("var/task/app.py"));
    let (answer, _) = run("lambda-layer", "function", "python3.11", &args, &json!({"name": "layer"}));
    assert_eq!(answer, json!({"greeting": "Hello, layer!", "from": "/opt/python/greetings/__init__.py"}));
}

#[test]
fn extension() {
    let args =
        ["--runtime", "provided.al2023", "--handler", "function.handler", "--extension", "hello-extension"];
    let made = Made::new("extension", "../shell/function", "provided.al2023", &args);
    assert_eq!(made.below("opt/extensions"), ["hello-extension"]);
    assert_eq!(made.mode("opt/extensions/hello-extension"), 0o755);
    let (answer, logs) = run("extension", "../shell/function", "provided.al2023", &args, &json!({}));
    assert_eq!(answer, json!({"echo": {}, "uid": 993}));
    assert!(logs.contains("hello-extension: registered"), "{logs}");
}

#[test]
fn every_readme_tells_a_command_that_works() {
    let examples = support::repository("examples");
    let mut seen = 0;
    for entry in std::fs::read_dir(&examples).expect("the examples") {
        let dir = entry.expect("an entry").path();
        let Ok(readme) = std::fs::read_to_string(dir.join("README.md")) else { continue };
        let name = dir.file_name().expect("a name").to_string_lossy().into_owned();
        let command = readme.lines().nth(1).expect("a second line").trim_matches('`');
        // Of the fleet, `tests/clients/docs` runs all that its page shows.
        if name == "fleet" {
            continue;
        }
        // Prepared here, under the tests' locks: then the command finds all of it done.
        example(&name);
        let mut bases = std::path::PathBuf::new();
        if let Some(base) = command.split("make.sh ../build ").nth(1) {
            let base = stand_in(base.split(' ').next().expect("a name"));
            bases = base.parent().expect("the stand-ins").to_owned();
        }
        let dir_of_output = scratch();
        let command = command.replace("../build ", &format!("{} ", bases.display()));
        let command = command.replace("oci:../build/", &format!("oci:{}/", bases.display()));
        let command = command.replace("-o oci:", &format!("-o oci:{}/", dir_of_output.path().display()));
        let bin = Path::new(env!("CARGO_BIN_EXE_lambda-img")).parent().expect("a directory");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let said = support::output(
            support::program("bash").args(["-ec", &command]).current_dir(&dir).env("PATH", path),
        );
        assert!(said.contains(&format!("{name}.oci:latest@sha256:")), "{name}: {said}");
        seen += 1;
    }
    assert_eq!(seen, 11);
}
