//! What `--add` may do to a function and to what lies below it, and what a base's names may not do.

mod common;

use common::{Place, must};

const BUILD: &str = "build fn -r provided.al2023 -b embedded -o oci:out/image";

#[test]
fn names_that_would_harm_the_layers_below_are_refused() {
    let place = Place::with_function();
    place.write("x", "x");
    let refused = |rest: &str, words: &[&str]| place.refuses(1, &format!("{BUILD} {rest}"), words);
    refused("--add x:/.wh.etc", &["`/.wh.etc`", "/x`", "would delete files", "hint:"]);
    refused("--add x:/bin/tool", &["`/bin` is a link", "add below `/usr` or `/opt`"]);
    refused("--add x:/var/run/x", &["`/var/run` is a link"]);
    refused("--add x:/opt", &["`/opt` is a directory of the base", "x`"]);
    place.write("fn/.wh.app.txt", "");
    refused("", &["`/var/task/.wh.app.txt`", "leave it out with `--exclude`"]);
    let excluded = place.run(&format!("{BUILD} --exclude .wh.*"));
    assert_eq!(excluded.code, Some(0), "{excluded:?}");
}

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
fn handlers_and_bootstraps_may_come_by_add_and_through_links() {
    let place = Place::with_function();
    place.write("py/app.py", "");
    place.write("other/late.py", "");
    place.link("py/link", "alias");
    place.write("py/alias/mod.py", "");
    let python =
        "build py -r python3.12 -b scratch --entrypoint /start --allow start-missing -o oci:out/image";
    for handler in ["app.h", "late.h", "link.mod.h", "link/mod.h"] {
        let ran = place.run(&format!("{python} --add other/late.py:/var/task/late.py --handler {handler}"));
        assert_eq!(ran.code, Some(0), "{handler}: {ran:?}");
    }
    place.refuses(1, &format!("{python} --handler late.h"), &["no `late.py`"]);
    place.script("tb", "#!/bin/sh\n");
    place.write("plain/data", "x");
    place.refuses(1, "build plain -r provided.al2023 -b embedded -o oci:out/image", &["no bootstrap"]);
    let added = "build plain -r provided.al2023 -b embedded --add tb:/var/runtime/bootstrap -o oci:out/image";
    assert_eq!(place.run(added).code, Some(0));
}

#[test]
fn programs_that_cannot_start_are_told_of() {
    let place = Place::with_function();
    place.script("empty/bootstrap", "");
    let empty = "build empty -r provided.al2023 -b embedded -o oci:out/image";
    place.refuses(1, empty, &["`/var/runtime/bootstrap`", "is empty"]);
    place.refuses(3, &format!("{BUILD} --entrypoint /nowhere"), &["start-missing", "`/nowhere`"]);
    let mut script = place.tool(BUILD);
    let ran = common::run(script.env_remove("LAMBDA_IMG_ALLOW"));
    assert!(
        ran.code == Some(3) && ran.stderr.contains("start-format") && ran.stderr.contains("/bin/sh"),
        "{ran:?}"
    );
    place.refuses(2, &format!("{BUILD} --entrypoint []"), &["--entrypoint", "names no program"]);
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
