//! `rebase` of a function with native code: libraries and symbols of a compiler, and bytecode of Python.

use serde_json::Value;

use crate::harness::common::{Place, must};

const ALLOWED: &str =
    "start-missing,start-format,handler-missing,handler-symbol,runtime-client-none,library-missing";

/// Makes a library `libbase.so` with these functions, in the directory `lib-TAG`.
fn library(place: &Place, tag: &str, functions: &[&str]) {
    let source: String = functions.iter().map(|name| format!("int {name}(void) {{ return 1; }}\n")).collect();
    place.write("base.c", source);
    place.write("base.map", format!("BASE_1 {{ global: {}; local: *; }};\n", functions.join("; ")));
    place.dir(&format!("lib-{tag}"));
    let mut gcc = place.program("gcc");
    gcc.args(["-shared", "-fPIC", "-nostdlib", "-Wl,-soname,libbase.so", "-Wl,--version-script=base.map"]);
    must(gcc.args(["-o", &format!("lib-{tag}/libbase.so"), "base.c"]));
}

/// Builds a base with these files beside the usual ones, as `oci:bases:TAG`.
fn base(place: &Place, tag: &str, files: &[(&str, &str)]) {
    let usual = [
        ("os-release", "/etc/os-release"),
        ("entry", "/lambda-entrypoint.sh"),
        ("os.py", "/var/lang/lib/python3.12/os.py"),
    ];
    let mut build = place
        .tool("build code -r python3.12 -b embedded -q --entrypoint /lambda-entrypoint.sh --cmd x.y --allow");
    build.args([ALLOWED, "-o", &format!("oci:bases:{tag}")]);
    for (from, to) in usual.iter().chain(files) {
        build.args(["--add", &format!("{from}:{to}")]);
    }
    must(&mut build);
}

#[test]
fn native_code_is_held_to_the_libraries_symbols_and_bytecode_of_the_new_base() {
    let place = Place::new();
    place.write("code/x.txt", "x");
    place.write("os-release", "ID=amzn\nVERSION_ID=2023\n");
    place.script("entry", "#!/bin/sh\n");
    place.write("os.py", "1");
    // Magic numbers of two versions of Python, in front of flags, time and size.
    for (name, magic) in [("old.pyc", 3531_u16), ("new.pyc", 3571)] {
        place.write(name, [&magic.to_le_bytes()[..], b"\r\n", &[0; 12], b"N"].concat());
    }
    for (tag, functions) in [("old", &["one", "two"][..]), ("less", &["one"]), ("other", &["two"])] {
        library(&place, tag, functions);
    }
    let so = "/usr/lib64/libbase.so";
    let pyc = "/var/lang/lib/python3.12/__pycache__/os.cpython-312.pyc";
    base(&place, "old", &[("lib-old/libbase.so", so), ("old.pyc", pyc)]);
    place.write("ext.c", "extern int one(void);\nint ext(void) { return one(); }\n");
    place.dir("fn");
    let mut gcc = place.program("gcc");
    must(gcc.args(["-shared", "-fPIC", "-nostdlib", "-o", "fn/ext.so", "ext.c", "-Llib-old", "-lbase"]));
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    must(place.program("cp").args(["old.pyc", "fn/mine.pyc"]));
    let function =
        format!("build fn -r python3.12 --handler app.handler --allow {ALLOWED},bytecode-stale -b");
    place.run(&format!("{function} oci:bases:old -o oci:image:v1")).digests();

    type Files<'a> = &'a [(&'a str, &'a str)];
    let worlds: [(&str, Files, &str, &str); 5] = [
        ("same", &[("lib-old/libbase.so", so), ("old.pyc", pyc), ("ext.c", "/usr/lib64/more")], "", ""),
        ("gone", &[("old.pyc", pyc)], "library-removed", "refuse"),
        ("other", &[("lib-other/libbase.so", so), ("old.pyc", pyc)], "symbol-removed", "refuse"),
        ("less", &[("lib-less/libbase.so", so), ("old.pyc", pyc)], "exports-shrunk", "warn"),
        ("magic", &[("lib-old/libbase.so", so), ("new.pyc", pyc)], "bytecode-magic", "refuse"),
    ];
    for (tag, files, row, verdict) in worlds {
        base(&place, tag, files);
        let ran = place.run(&format!(
            "rebase oci:image:v1 --assume-base oci:bases:old --to oci:bases:{tag} --json --allow {ALLOWED},bytecode-stale"
        ));
        let said: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let rebased = &said["images"][0]["plan"]["rebased"];
        assert_eq!(ran.code, Some(if verdict == "refuse" { 3 } else { 0 }), "{tag}: {said:#}");
        let found = rebased["findings"].as_array().unwrap();
        if row.is_empty() {
            assert!(found.is_empty(), "{said:#}");
            let built = place.run(&format!("{function} oci:bases:{tag} -o oci:image:{tag}")).digest();
            assert_eq!(rebased["digest"], built.as_str());
        } else {
            assert!(
                found.iter().any(|one| one["row"] == row && one["verdict"] == verdict),
                "{tag}: {said:#}"
            );
        }
    }
}
