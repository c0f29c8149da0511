//! What keeps a layer's digest when something else changes: dependencies, bytecode, memory.

mod common;

use std::fs;

use common::{Place, must, noise, python, run};
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
    let whole = layers(&place, &format!("{arguments} --split none"));
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
