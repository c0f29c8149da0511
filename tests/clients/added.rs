//! What `--add` may do to a function and to what lies below it, and what a base's names may not do.

use crate::harness::common::{Place, must};
use crate::harness::suites::added::*;

#[test]
fn temporary_directories_stay_writable_for_everybody() {
    let place = Place::with_function();
    place.write("x", "x");
    place.run(&format!("{BUILD} --add x:/tmp/x")).digest();
    must(place.program("umoci").args(["unpack", "--image", "out/image:latest", "bundle"]));
    let mode = must(place.program("stat").args(["-c", "%a", "bundle/rootfs/tmp"]));
    assert_eq!(mode.stdout.trim(), "1777");
}

#[test]
fn bytecode_that_was_added_stays_valid() {
    let place = Place::with_function();
    place.write("lib/mod.py", "x = 1\n");
    place.write("app/app.py", "");
    must(place.program("python3").args(["-m", "compileall", "-q", "lib"]));
    let build = "build app -r python3.11 -b scratch --entrypoint /start --handler app.h -o oci:out/image";
    let ran = place.run(&format!("{build} --allow start-missing --add lib:/var/task/lib"));
    ran.digest();
    assert!(!ran.stderr.contains("do not match"), "{ran:?}");
    must(place.program("umoci").args(["unpack", "--image", "out/image:latest", "bundle"]));
    let script = "head -c 8 bundle/rootfs/var/task/lib/__pycache__/mod.*.pyc | tail -c 4 | od -An -tx1";
    let flags = must(place.program("sh").args(["-c", script]));
    // PEP 552: hash-based, never checked.
    assert_eq!(flags.stdout.trim(), "01 00 00 00");
}
