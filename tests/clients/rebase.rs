//! `rebase` of a function with native code: libraries and symbols of a compiler, and bytecode of Python.

mod answers;
mod families;

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
    let (so, loader) = ("/usr/lib64/libbase.so", "/usr/lib64/ld-base.so");
    let pyc = "/var/lang/lib/python3.12/__pycache__/os.cpython-312.pyc";
    base(&place, "old", &[("lib-old/libbase.so", so), ("old.pyc", pyc), ("entry", loader)]);
    place.write("ext.c", "extern int one(void);\nint ext(void) { return one(); }\n");
    place.dir("fn");
    let mut gcc = place.program("gcc");
    must(gcc.args(["-shared", "-fPIC", "-nostdlib", "-o", "fn/ext.so", "ext.c", "-Llib-old", "-lbase"]));
    // A program with a loader of its own, which is in the base.
    let mut gcc = place.program("gcc");
    gcc.args(["-nostdlib", "-nostartfiles", "-Wl,-e,ext", &format!("-Wl,--dynamic-linker={loader}")]);
    must(gcc.args(["-o", "fn/program", "ext.c", "-Llib-old", "-lbase"]));
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    must(place.program("cp").args(["old.pyc", "fn/mine.pyc"]));
    let function =
        format!("build fn -r python3.12 --handler app.handler --allow {ALLOWED},bytecode-stale -b");
    place.run(&format!("{function} oci:bases:old -o oci:image:v1")).digests();

    type Files<'a> = &'a [(&'a str, &'a str)];
    let (lib, magic, start) = (("lib-old/libbase.so", so), ("old.pyc", pyc), ("entry", loader));
    let moved = ("lib-old/libbase.so", "/usr/libexec/libbase.so");
    let worlds: [(&str, Files, [&str; 3]); 7] = [
        ("same", &[lib, magic, start, ("ext.c", "/usr/lib64/more")], [""; 3]),
        ("gone", &[magic, start], ["library-removed", "refuse", "/var/task/ext.so"]),
        ("moved", &[moved, magic, start], ["file-removed", "refuse", "/var/task/ext.so"]),
        ("loader", &[lib, magic], ["file-removed", "refuse", "/var/task/program"]),
        (
            "other",
            &[("lib-other/libbase.so", so), magic, start],
            ["symbol-removed", "refuse", "/var/task/ext.so"],
        ),
        ("less", &[("lib-less/libbase.so", so), magic, start], ["exports-shrunk", "warn", "libbase.so"]),
        ("magic", &[lib, ("new.pyc", pyc), start], ["bytecode-magic", "refuse", "/var/task/mine.pyc"]),
    ];
    for (tag, files, [row, verdict, subject]) in worlds {
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
                found.iter().any(|one| {
                    one["row"] == row && one["verdict"] == verdict && one["subject"] == subject
                }),
                "{tag}: {said:#}"
            );
        }
    }
}

/// A database of RPM with packages of the name `base-NUMBER`, as the file `rpm-TAG`.
fn packages(place: &Place, tag: &str, versions: &[(usize, &str)]) {
    for (number, version) in versions {
        let spec = format!(
            "Name: base-{number}\nVersion: {version}\nRelease: 1.amzn2023\nSummary: x\nLicense: MIT\nBuildArch: noarch\n\
             %description\nx\n%files\n"
        );
        place.write(&format!("specs-{tag}/{number}.spec"), spec);
    }
    let script = format!(
        "set -e; rpmbuild --quiet -bb --define \"_topdir $PWD/rpm-{tag}.d\" specs-{tag}/*.spec\n\
         rpm --dbpath $PWD/rpmdb-{tag} --define '_db_backend sqlite' --define '_pkgverify_level none' --justdb --nodeps \
         --ignoreos --ignorearch -i rpm-{tag}.d/RPMS/noarch/*.rpm\ncp rpmdb-{tag}/rpmdb.sqlite rpm-{tag}"
    );
    must(place.program("bash").args(["-c", &script]));
}

#[test]
fn packages_that_differ_are_listed() {
    let place = Place::new();
    place.write("code/x.txt", "x");
    place.write("os-release", "ID=amzn\nVERSION_ID=2023\n");
    place.script("entry", "#!/bin/sh\n");
    place.write("os.py", "1");
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    packages(&place, "old", &[(1, "1.0"), (2, "2.0"), (3, "3.0")]);
    packages(&place, "new", &[(1, "1.1"), (3, "3.0"), (4, "4.0")]);
    let database = "/var/lib/rpm/rpmdb.sqlite";
    base(&place, "old", &[("rpm-old", database)]);
    base(&place, "new", &[("rpm-new", database)]);
    base(&place, "berkeley", &[("rpm-new", "/var/lib/rpm/Packages")]);
    let function = format!("build fn -r python3.12 --handler app.handler --allow {ALLOWED} -b oci:bases:old");
    place.run(&format!("{function} -o oci:image:v1")).digests();
    let onto = format!("rebase oci:image:v1 --assume-base oci:bases:old --allow {ALLOWED} --to oci:bases");
    let ran = place.run(&format!("{onto}:new"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let listed: Vec<_> = ran.stdout.lines().filter_map(|line| line.strip_prefix("  package: ")).collect();
    assert_eq!(
        listed,
        [
            "base-1 1.0-1.amzn2023 becomes 1.1-1.amzn2023",
            "base-2 2.0-1.amzn2023 becomes none",
            "base-4 none becomes 4.0-1.amzn2023"
        ]
    );
    let ran = place.run(&format!("{onto}:berkeley"));
    assert!(ran.stdout.contains("packages are not compared: of the new base, "), "{ran:?}");
}
