//! `lambda-img init`: the file that it writes, and that `build` then needs nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{golden, helpers, run_in, schema};
use crate::harness::common::{Place, must, run};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A copy of a directory of the repository, without what was made there.
pub fn copy(place: &Place, from: &str, names: &[&str], to: &str) {
    place.dir(to);
    for name in names {
        let from = repository(from).join(name);
        must(Command::new("cp").arg("-R").arg(from).arg(place.path(to)));
    }
}

/// A PATH with the programs that steps start, which do nothing.
fn nothing_but_names(place: &Place) -> PathBuf {
    for name in ["bundle", "cargo", "dotnet", "go", "gradle", "mvn", "npm", "pnpm", "python3", "uv", "yarn"] {
        place.script(&format!("names/{name}"), "#!/bin/sh\n");
    }
    place.path("names")
}

#[test]
fn what_it_writes_for_each_language_and_template() {
    let mut seen = 0;
    for entry in fs::read_dir(repository("tests/data/settings/projects")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".toml") {
            continue;
        }
        seen += 1;
        let place = Place::new();
        copy(&place, "tests/data/settings/projects", &[&name], "");
        // On a machine that has every program, and tells no version of any.
        let mut tool = place.tool(&format!("init {name}"));
        let ran = run(tool.env("PATH", nothing_but_names(&place)));
        assert_eq!(
            (ran.code, ran.stdout),
            (Some(0), format!("{name}/lambda-img.toml\n")),
            "{name}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains("next: `lambda-img build"), "{}", ran.stderr);
        let text = fs::read_to_string(place.path(&format!("{name}/lambda-img.toml"))).unwrap();
        golden(&format!("tests/data/settings/projects/{name}.toml"), &text);
        assert!(text.starts_with("#:schema ./lambda-img.schema.json\n"), "{text}");
        let written = fs::read_to_string(place.path(&format!("{name}/lambda-img.schema.json"))).unwrap();
        assert_eq!(written, format!("{:#}\n", schema()));
        // Every function that it found can be built, as far as settings go.
        for function in text.lines().filter_map(|line| line.strip_prefix("[functions.")?.strip_suffix(']')) {
            let config = run_in(&place, &name, &format!("config {function}"));
            assert_eq!(config.code, Some(0), "{name}: {config:?}");
        }
    }
    assert!(seen >= 12, "{seen}");
}

#[test]
fn it_overwrites_nothing_and_leaves_nothing_half_written() {
    let place = Place::with_function();
    place.write("requirements.txt", "");
    place.write("lambda-img.toml", "# mine\n");
    place.refuses(2, "init", &["`./lambda-img.toml` already exists", "`init` overwrites nothing"]);
    fs::remove_file(place.path("lambda-img.toml")).unwrap();
    // A link that leads nowhere is somebody's, too.
    place.link("lambda-img.toml", "elsewhere.toml");
    place.refuses(2, "init", &["already exists"]);
    fs::remove_file(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.schema.json", "mine");
    assert_eq!(place.run("init").code, Some(0));
    assert_eq!(fs::read_to_string(place.path("lambda-img.schema.json")).unwrap(), "mine");
    assert!(crate::harness::common::temporaries(&place.path("")).is_empty());
    let empty = Place::new();
    empty.refuses(
        2,
        "init",
        &["`.` has no file from which `init` recognises a function", "requirements.txt"],
    );
    empty.refuses(1, "init missing", &["read `missing`"]);
}

#[test]
fn no_file_of_a_few_bytes_takes_all_memory_or_overflows_the_stack() {
    let deep = |open: &str| open.repeat(400_000);
    let json = deep("[");
    // Templates are in `tests/hermetic/settings/templates.rs`.
    for (name, text) in [
        ("package.json", json.clone()),
        ("package.json", deep("{\"a\":")),
        ("Cargo.toml", format!("[package]\nname = \"x\"\nx = {json}")),
        ("Cargo.toml", format!("[package]\nname = \"x\"\n[{}a]", deep("a."))),
        ("Cargo.toml", format!("[package]\nname = \"x\"\n{}a = 1", deep("a."))),
    ] {
        let place = Place::new();
        place.write("requirements.txt", "");
        place.write("lambda_function.py", "def lambda_handler(event, context):\n    return event\n");
        place.write(name, &text[..text.len().min(1 << 20)]);
        let (peak, ran) = place.measured("init");
        assert!(peak < 192, "{name}: {peak} MiB");
        assert_eq!(ran.code, Some(0), "{name}: {ran:?}");
    }
    for text in [format!("[defaults]\nenv = {json}"), format!("[{}a]", deep("a."))] {
        let place = Place::with_function();
        place.write("lambda-img.toml", text);
        place.refuses(2, "config", &["lambda-img.toml", "recur"]);
    }
}

/// A registry in the place of AWS's, with a stand-in for the base of `repository:tag`.
pub fn registry(place: &Place, images: &[&str]) -> helpers::Server {
    let server = helpers::docker_registry(&place.dir("registry"), "", "");
    place.write("base/code/x", "x");
    place.write("base/lang/x", "x");
    for image in images {
        let build = format!(
            "build base/code -r provided.al2023 -b embedded --add base/lang:/var/lang --entrypoint /lambda-entrypoint.sh \
             --cmd x --allow start-missing -q --push -t {}/lambda/{image}",
            server.host
        );
        assert_eq!(place.run(&build).code, Some(0));
    }
    server
}

/// The tool as a new user types it; the network is where the environment says.
pub fn typed(place: &Place, dir: &str, arguments: &str, host: &str) -> Command {
    let mut command = place.tool(arguments);
    command.current_dir(place.path(dir)).env("LAMBDA_IMG_REGISTRY_MIRROR", format!("public.ecr.aws={host}"));
    command
}

/// The files of the image of a function.
pub fn files(place: &Place, dir: &str, name: &str) -> Vec<String> {
    let image = place.image(&format!("{dir}/lambda-image"), name);
    let survey = |layer| image.listing(layer);
    let paths = (0..image.layers.len())
        .flat_map(|layer| survey(layer).entries.into_iter().map(|entry| entry.path.to_string()));
    paths.collect()
}

#[test]
fn init_and_build_are_all_that_python_and_nodejs_need() {
    let place = Place::new();
    let server = registry(&place, &["python:3.11-x86_64", "nodejs:22-x86_64"]);
    copy(&place, "examples/python", &["app.py", "requirements.txt"], "py");
    copy(&place, "examples/nodejs", &["index.js", "package.json", "package-lock.json"], "js");
    for (dir, wanted) in [
        ("py", ["var/task/app.py", "var/task/slugify/slugify.py", "var/task/text_unidecode/data.bin"]),
        ("js", ["var/task/index.js", "var/task/node_modules/ms/index.js", "var/task/package.json"]),
    ] {
        must(&mut typed(&place, dir, "init", &server.host));
        let first = run(&mut typed(&place, dir, "build", &server.host)).digest();
        let files = files(&place, dir, dir);
        for path in wanted {
            assert!(files.iter().any(|file| file.trim_start_matches('/') == path), "{path}: {files:?}");
        }
        for word in ["lambda-img.toml", "schema.json", "build/", "task/bin"] {
            assert!(!files.iter().any(|file| file.contains(word)), "{word}: {files:?}");
        }
        // Installed anew, it is the same image.
        assert_eq!(run(&mut typed(&place, dir, "build", &server.host)).digest(), first);
    }
}

#[test]
fn init_and_build_are_all_that_rust_and_go_need() {
    let place = Place::new();
    // No crates: what the tool makes of a program is not theirs to show.
    place.write("rs/Cargo.toml", "[package]\nname = \"greet\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    place.write("rs/src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n");
    copy(&place, "examples/go", &["main.go", "go.mod"], "go");
    for dir in ["rs", "go"] {
        // Where nothing answers: the base is the tool's own.
        must(&mut typed(&place, dir, "init", "127.0.0.1:1"));
        let ran = run(&mut typed(&place, dir, "build", "127.0.0.1:1"));
        assert!(ran.digest().starts_with("sha256:"));
        let files = files(&place, dir, dir);
        assert!(
            files.iter().any(|file| file.trim_start_matches('/') == "var/runtime/bootstrap"),
            "{files:?}"
        );
        // It needs no library of the base.
        let checked = run(place.tool(&format!("check oci:lambda-image:{dir}")).current_dir(place.path(dir)));
        assert_eq!(checked.code, Some(0), "{checked:?}");
    }
}

#[test]
fn programs_in_go_that_a_template_names_are_built_each_alone() {
    let place = Place::new();
    for (project, functions) in [("serverless-go", &["hello", "world"][..]), ("sam-go", &["list"])] {
        copy(&place, "tests/data/settings/projects", &[project], "");
        must(&mut typed(&place, project, "init", "127.0.0.1:1"));
        for function in functions {
            run(&mut typed(&place, project, &format!("build {function}"), "127.0.0.1:1")).digest();
            let files = files(&place, project, function);
            assert_eq!(files.iter().filter(|file| file.ends_with("task/bootstrap")).count(), 1, "{files:?}");
            // It is for the architecture that the template says.
            let check = format!("check oci:lambda-image:{function} --deny elf-architecture");
            let checked = run(place.tool(&check).current_dir(place.path(project)));
            assert_eq!(checked.code, Some(0), "{checked:?}");
            assert!(checked.stderr.contains("arm64"), "{checked:?}");
        }
    }
}

#[test]
fn what_an_editor_does_not_show_is_written_out() {
    let place = Place::new();
    place.write("app.py", "def run(event, context):\n    return event\n");
    let text = "service: a\nprovider:\n  name: aws\n  runtime: python3.12\nfunctions:\n  a:\n    handler: \"app.\\u202Erun\"\n";
    place.write("serverless.yml", text);
    let ran = place.run("init");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let written = fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    assert!(written.contains("\"app.\\u202erun\"") && !written.contains('\u{202e}'), "{written}");
}
