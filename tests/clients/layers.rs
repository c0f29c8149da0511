//! What keeps a layer's digest when something else changes: dependencies, bytecode, memory.

use crate::harness::common::{Place, must, python};
use crate::harness::suites::layers::*;
use std::fs;

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
