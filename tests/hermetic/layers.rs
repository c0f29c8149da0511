//! What keeps a layer's digest when something else changes: dependencies, bytecode, memory.

use std::fs;

use crate::harness::common::{Place, must, noise, python, run};
use serde_json::Value;

const SCRATCH: &str = "-b scratch --entrypoint /start --allow start-missing";

/// The layers of a build, as pairs of what they hold and their digest.
fn layers(place: &Place, arguments: &str) -> Vec<(String, String)> {
    let json = place.run(&format!("build fn {SCRATCH} {arguments} --dry-run --json")).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let layers = json["images"][0]["layers"].as_array().unwrap().iter();
    layers.map(|layer| (text(&layer["part"]), text(&layer["digest"]))).collect()
}

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

const PYTHON: &str = "-r python3.11 --handler app.handler";

/// A Python function whose sources carry the time `seconds`, compiled by the host's Python.
fn compiled(seconds: u64) -> Place {
    let place = Place::new();
    place.write(
        "fn/app.py",
        "import dep\nimport dep.deep\n\ndef handler(event, context):\n    return dep.x\n",
    );
    place.write("fn/dep/__init__.py", "x = 'dep'\n");
    place.write("fn/dep/deep.py", "y = 'deep'\n");
    place.write("fn/dep-1.dist-info/RECORD", "dep/__init__.py,,\ndep/deep.py,,\n");
    let compile = "
import compileall, os, sys
for at, _, names in os.walk('fn'):
    for name in names:
        os.utime(os.path.join(at, name), (int(sys.argv[1]),) * 2)
sys.exit(not compileall.compile_dir('fn', quiet=1))
";
    python(&place, compile, &[&seconds.to_string()]);
    place
}

#[test]
fn bytecode_does_not_depend_on_the_time_of_its_source() {
    let one = layers(&compiled(1_500_000_000), PYTHON);
    assert_eq!(one, layers(&compiled(1_600_000_001), PYTHON));
    assert_eq!(one.len(), 2);
    // Also where a zip holds it, whose times are even seconds.
    let place = compiled(1_600_000_000);
    must(place.program("zip").args(["-q", "-r", "../fn.zip", "."]).current_dir(place.path("fn")));
    let zip = place.run(&format!("build fn.zip {SCRATCH} {PYTHON} --dry-run --json")).json();
    assert_eq!(zip["images"][0]["layers"][1]["digest"], one[1].1);
}

/// Runs `python3 -v` on the function as the image has it, on a read-only mount.
fn imported(place: &Place) -> String {
    place.run(&format!("build fn {SCRATCH} {PYTHON} -o oci:out/image")).digest();
    let image = place.image("out/image", "latest");
    let root = place.dir("root");
    (0..image.layers.len()).for_each(|layer| image.unpack(layer, &root));
    let script = "mount --bind root root && mount -o remount,ro,bind root || exit 99
        ! touch root/var/task/x 2>/dev/null || exit 98
        exec python3 -v -c 'import sys; sys.path.insert(0, \"root/var/task\"); import app; print(app.handler(1, 2))'";
    let mut command = place.program("unshare");
    let ran = must(command.args(["--mount", "sh", "-c", script]).env_remove("PYTHONDONTWRITEBYTECODE"));
    assert_eq!(ran.stdout, "dep\n");
    ran.stderr
}

#[test]
fn python_uses_the_bytecode_of_the_image() {
    let place = compiled(1_500_000_000);
    let said = imported(&place);
    for module in ["app", "dep/__init__", "dep/deep"] {
        let (dir, name) = module.rsplit_once('/').map_or(("", module), |(dir, name)| (dir, name));
        let used = said.lines().any(|line| {
            line.starts_with("# code object from ")
                && line.contains("root/var/task")
                && line.contains(&format!(
                    "{dir}{}__pycache__/{name}.cpython-",
                    if dir.is_empty() { "" } else { "/" }
                ))
        });
        assert!(used, "{module}: {said}");
    }
    assert!(!said.contains("bytecode is stale"), "{said}");
    assert!(!said.lines().any(|line| line.starts_with("# could not create") || line.starts_with("# wrote")));
}

#[test]
fn stale_bytecode_is_told_of_and_left() {
    let place = compiled(1_500_000_000);
    place.write("fn/app.py", "import dep\nimport dep.deep\ndef handler(event, context): return 'dep'\n");
    let ran = place.run(&format!("build fn {SCRATCH} {PYTHON} -o oci:out/first"));
    ran.digest();
    assert!(ran.stderr.contains("warning: 1 bytecode file"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`__pycache__/app.cpython-"), "{}", ran.stderr);
    let said = imported(&place);
    assert!(said.contains("bytecode is stale for 'app'"), "{said}");
    assert!(!said.contains("bytecode is stale for 'dep"), "{said}");
    let cache = |root: &str| {
        let dir = place.path(root).join("__pycache__");
        let entry = fs::read_dir(dir).unwrap().next().unwrap().unwrap();
        fs::read(entry.path()).unwrap()
    };
    assert!(cache("fn") == cache("root/var/task"));
}

/// Builds a sparse file and 300 MB of noise; returns the peak of resident memory in KiB.
fn peak(sparse: u64, jobs: u32) -> u64 {
    let place = Place::with_function();
    place.sparse("fn/sparse", sparse);
    place.write("fn/noise", noise(8 << 20, 1).repeat(36));
    let mut command = place.program("/usr/bin/time");
    command.args(["-f", "%M", "-o", "peak", env!("CARGO_BIN_EXE_lambda-img")]);
    let build =
        format!("build fn -r provided.al2023 -b embedded --allow start-format -o oci:out/image -j {jobs}");
    run(command.args(build.split_whitespace())).digest();
    fs::read_to_string(place.path("peak")).unwrap().trim().parse().unwrap()
}

#[test]
fn three_gibibytes_build_in_less_than_150_mib() {
    let peak = peak(3 << 30, 8);
    assert!(peak < 150 << 10, "{peak} KiB");
}

/// The files of the function, built of `path` with these options, and what stderr says.
fn taken(place: &Place, path: &str, options: &str) -> (Vec<String>, String) {
    let ran = place.run(&format!(
        "build {path} -r python3.12 --cmd app.handler {SCRATCH} --single-layer {options} -o oci:out"
    ));
    ran.digest();
    let entries = place.unjudged("out", "latest").listing(0).entries;
    let files = entries.iter().filter(|entry| entry.kind != lambda_img::survey::Kind::Dir);
    (files.map(|entry| entry.path.trim_start_matches("var/task/").to_owned()).collect(), ran.stderr)
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
    let names = "left out by default: `fourth.tar`, `made/images/second`, `made/third`; `--no-default-excludes` keeps them\n";
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

/// A project as its developer has it.
fn project() -> Place {
    let place = Place::new();
    for name in [
        "app.py",
        "__pycache__/app.cpython-312.pyc",
        ".config/settings.json",
        // No virtual environment: nothing says so.
        "env/prod.json",
        "node_modules/dep/index.js",
        "venv/data.txt",
    ] {
        place.write(&format!("fn/{name}"), "x");
    }
    for name in [
        ".DS_Store",
        ".hg/store/data",
        ".idea/workspace.xml",
        ".mypy_cache/3.12/app.json",
        ".pytest_cache/README.md",
        ".ruff_cache/x",
        ".svn/wc.db",
        ".tox/py/x",
        ".venv/bin/python",
        ".venv/pyvenv.cfg",
        ".vscode/settings.json",
        "node_modules/.cache/babel/x",
        "src/.DS_Store",
    ] {
        place.write(&format!("fn/{name}"), "x");
    }
    place
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
    let said =
        "left out by default: `.DS_Store`, `.hg`, `.idea` and 9 more; `--no-default-excludes` keeps them\n";
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
fn what_is_asked_for_is_taken_whatever_its_name() {
    let place = project();
    let has = |(files, _): &(Vec<String>, String), name: &str| files.iter().any(|file| file == name);
    // As a `!` brings back what a line before it leaves out; a line of one's own needs no word of ours.
    place.write("fn/.lambdaignore", "!.venv\n!**/.tox/py\n.idea\n");
    let back = taken(&place, "fn", "");
    assert!(has(&back, ".venv/bin/python") && has(&back, ".tox/py/x") && !has(&back, ".idea/workspace.xml"));
    assert!(!back.1.contains("`.venv`") && !back.1.contains("`.idea`"), "{}", back.1);
    let excluded = taken(&place, "fn", "--exclude !.hg");
    assert!(has(&excluded, ".hg/store/data"));
    fs::remove_file(place.path("fn/.lambdaignore")).unwrap();

    // The input itself, and what is added, may be called anything.
    assert_eq!(taken(&place, "fn/.venv", "").0, ["bin/python", "pyvenv.cfg"]);
    let added = taken(&place, "fn", "--add fn/.venv:/var/task/.venv");
    assert!(has(&added, ".venv/bin/python"));
    // A zip is taken as it is.
    must(place.program("python3").args(["-m", "zipfile", "-c", "fn.zip", "fn/.idea", "fn/app.py"]));
    let zipped = taken(&place, "fn.zip", "");
    assert!(has(&zipped, ".idea/workspace.xml") && !zipped.1.contains("left out"), "{zipped:?}");
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
