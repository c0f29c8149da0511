//! What keeps a layer's digest when something else changes: dependencies, bytecode, memory.

use crate::harness::common::{Place, must};
use crate::harness::suites::layers::*;
use std::fs;

/// Builds, appends a line to the file `source`, builds again: only the code may be another.
fn dependencies_stay(arguments: &str, source: &str, files: &[(&str, &str)]) {
    let place = Place::new();
    for (name, text) in files {
        place.write(&format!("fn/{name}"), text);
    }
    let before = layers(&place, arguments);
    let path = place.path("fn").join(source);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text + "\n").unwrap();
    let after = layers(&place, arguments);
    let parts = |layers: &[(String, String)]| layers.iter().map(|layer| layer.0.clone()).collect::<Vec<_>>();
    assert_eq!(parts(&before), ["dependencies", "code"], "{arguments}");
    assert_eq!(parts(&after), parts(&before));
    assert_eq!(after[0], before[0], "{arguments}");
    assert_ne!(after[1], before[1], "{arguments}");
    let whole = layers(&place, &format!("{arguments} --single-layer"));
    assert_eq!(parts(&whole), ["function"], "{arguments}");
}

#[test]
fn python_packages_stay() {
    let record = "dep/__init__.py,sha256=x,1\ndep-1.dist-info/METADATA,,\ndep-1.dist-info/RECORD,,\n";
    let files = [
        ("app.py", "def handler(event, context): return event\n"),
        ("own/__init__.py", ""),
        ("dep/__init__.py", "x = 1\n"),
        ("dep-1.dist-info/METADATA", "Name: dep\n"),
        ("dep-1.dist-info/RECORD", record),
    ];
    dependencies_stay("-r python3.12 --handler app.handler", "app.py", &files);
    dependencies_stay("-r python3.12 --handler app.handler", "own/__init__.py", &files);
}

#[test]
fn node_modules_stay() {
    let files = [("index.js", "exports.handler = 1;\n"), ("node_modules/dep/index.js", "1\n")];
    dependencies_stay("-r nodejs20.x --handler index.handler", "index.js", &files);
}

#[test]
fn ruby_gems_stay() {
    let files = [("app.rb", "def handler; end\n"), ("vendor/bundle/ruby/3.3.0/gems/dep/dep.rb", "1\n")];
    dependencies_stay("-r ruby3.3 --handler app.handler", "app.rb", &files);
}

#[test]
fn jars_stay() {
    let files = [("example/App.class", "class"), ("lib/dep.jar", "jar"), ("app.properties", "a=b\n")];
    dependencies_stay("-r java21 --handler example.App::run", "example/App.class", &files);
    dependencies_stay("-r java21 --handler example.App::run", "app.properties", &files);
}

#[test]
fn dotnet_packages_stay() {
    let deps = r#"{"targets":{"t":{"Fn/1":{"runtime":{"Fn.dll":{}}},"Dep/1":{"runtime":{"lib/Dep.dll":{}}}}},
        "libraries":{"Fn/1":{"type":"project"},"Dep/1":{"type":"package"}}}"#;
    let files =
        [("Fn.dll", "Fn"), ("Dep.dll", "Dep"), ("Fn.deps.json", deps), ("Fn.runtimeconfig.json", "{}")];
    dependencies_stay("-r dotnet8 --handler Fn::A.B::C", "Fn.dll", &files);
}

/// The digest of a function that is the directory it is built in.
fn digest_here(place: &Place, options: &str) -> (String, String) {
    let ran = place.run(&format!("build . -r python3.12 --handler app.handler {SCRATCH} {options}"));
    assert_eq!(ran.code, Some(0), "{options}: {ran:?}");
    let digest = ran.stdout.trim_end().rsplit('@').next().unwrap_or_default();
    (digest.to_owned(), ran.stderr)
}

#[test]
fn what_an_earlier_build_wrote_into_the_function_is_no_part_of_the_next() {
    let place = Place::new();
    place.write("app.py", "def handler(event, context): return event\n");
    let (first, _) = digest_here(&place, "-o oci:lambda-image");
    // None of these names what the one before wrote; directories made for it go as well.
    let mut said = String::new();
    for options in [
        "--dry-run",
        "-o oci:made/images/second",
        "-o oci-archive:made/third",
        "-o docker-archive:fourth.tar:a:b",
        "--dry-run --metadata-file built.json --image-refs refs",
        "--dry-run --metadata-file built.json --image-refs refs",
    ] {
        let (digest, stderr) = digest_here(&place, options);
        assert_eq!(digest, first, "{options}");
        said = stderr;
    }
    // `lambda-image` would be the output of the last one itself.
    let names = "left out by default: `fourth.tar`, `made/images/second`, `made/third`; `--no-default-excludes` includes them\n";
    assert!(said.contains(names), "{said}");
    // What a build works in meanwhile, or left when it was killed.
    place.write("other/.lambda-img-a1B2c3/layout/x", "x");
    fs::remove_file(place.path("built.json")).unwrap();
    fs::remove_file(place.path("refs")).unwrap();
    assert_eq!(digest_here(&place, "--dry-run").0, first);
    // A link to one stays out with it.
    place.link("latest", "made/images/second");
    assert_eq!(digest_here(&place, "--dry-run").0, first);
}

#[test]
fn images_that_a_function_needs_are_asked_for_and_what_only_looks_like_one_is_taken() {
    let place = Place::new();
    place.write("fn/app.py", "");
    for output in ["oci:fn/image", "oci-archive:fn/a.tar", "docker-archive:fn/d.tar:a:b"] {
        place.run(&format!("build fn -r python3.12 --cmd app.handler {SCRATCH} -o {output}")).digest();
    }
    // Of a layout, two of three; of an archive, its name or its size.
    place.write("fn/half/oci-layout", "{}");
    place.write("fn/half/index.json", "{}");
    place.write("fn/other.tar", [0; 1024]);
    must(place.program("tar").args(["-cf", "fn/blobs.tar", "-C", "fn/image", "blobs"]));
    let own = ["app.py", "blobs.tar", "half/index.json", "half/oci-layout", "other.tar"];
    assert_eq!(taken(&place, "fn", "").0, own);
    let has = |options: &str, name: &str| taken(&place, "fn", options).0.iter().any(|file| file == name);
    for name in ["image/oci-layout", "a.tar", "d.tar"] {
        assert!(has("--no-default-excludes", name), "{name}");
        let top = name.split('/').next().unwrap();
        assert!(has(&format!("--exclude !{top}"), name), "{name}");
    }
    // The input itself may be one.
    assert!(taken(&place, "fn/image", "").0.contains(&"oci-layout".to_owned()));
}

#[test]
fn a_fleet_of_one_directory_has_the_digests_of_its_first_build() {
    let place = Place::new();
    place.write("fn/app.py", "");
    let function = "runtime = \"python3.12\"\nhandler = \"app.handler\"\nbase = \"scratch\"\n\
                    entrypoint = \"/start\"\npath = \"fn\"\n";
    let section = |name: &str| format!("[functions.{name}]\n{function}output = [\"oci:fn/images/{name}\"]\n");
    place.write("lambda-img.toml", section("a") + &section("b"));
    let built = || {
        let ran = place.run("build --all -q --allow start-missing");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.stdout.lines().map(|line| line.rsplit_once('@').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let first = built();
    assert_eq!((first.len(), &first[0]), (2, &first[1]));
    assert_eq!(built(), first);
}

#[test]
fn what_tools_keep_in_a_project_stays_out_by_default() {
    let place = project();
    let own = [
        ".config/settings.json",
        "__pycache__/app.cpython-312.pyc",
        "app.py",
        "env/prod.json",
        "node_modules/dep/index.js",
        "venv/data.txt",
    ];
    let (files, stderr) = taken(&place, "fn", "");
    assert_eq!(files, own);
    let said = "left out by default: `.DS_Store`, `.hg`, `.idea` and 9 more; `--no-default-excludes` includes them\n";
    assert!(stderr.contains(said), "{stderr}");
    let json =
        place.run(&format!("build fn -r python3.12 --handler app.handler {SCRATCH} --dry-run --json")).json();
    assert_eq!(json["left_out"].as_array().unwrap().len(), 12);
    assert_eq!(json["left_out"][11], "src/.DS_Store");

    // All of it, by the option and by the file's key.
    let (files, stderr) = taken(&place, "fn", "--no-default-excludes");
    assert_eq!(files.len(), own.len() + 13);
    assert!(!stderr.contains("left out"), "{stderr}");
    place.write("lambda-img.toml", "[defaults]\nno-default-excludes = true\n");
    assert_eq!(taken(&place, "./fn", "").0.len(), own.len() + 13);
}

#[test]
fn a_fleet_tells_once_what_it_left_out() {
    let place = project();
    let function = "runtime = \"python3.12\"\nhandler = \"app.handler\"\nbase = \"scratch\"\n\
                    entrypoint = \"/start\"\npath = \"fn\"\n";
    place.write("lambda-img.toml", format!("[functions.a]\n{function}[functions.b]\n{function}"));
    let ran = place.run("build --all --dry-run --allow start-missing");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.stderr.matches("left out by default").count(), 1, "{}", ran.stderr);
}
