//! One violation planted for each row of `docs/reference/rebase.md` that needs no compiler, found by its name.

use serde_json::Value;

use super::{ALLOWED, Base, FUNCTION, rebase, rebased};
use crate::harness::common::Place;

/// Row, verdict and subject of a finding.
type Expected = (&'static str, &'static str, &'static str);

/// What the new base does, and what is found.
type World = (&'static str, Base, Expected);

fn has(said: &Value, (row, verdict, subject): Expected) -> bool {
    let found = rebased(said)["findings"].as_array().unwrap();
    found.iter().any(|one| one["row"] == row && one["verdict"] == verdict && one["subject"] == subject)
}

/// Plans the image `oci:image:v1`, which is on `oci:bases:old`, for each world, whose base it makes.
fn each_is_found(place: &Place, runtime: &str, allow: &str, worlds: impl IntoIterator<Item = World>) {
    for (tag, base, expected) in worlds {
        base.make(place, runtime, tag);
        let arguments =
            format!("oci:image:v1 --assume-base oci:bases:old --to oci:bases:{tag} --allow {allow}");
        let (code, said) = rebase(place, &arguments);
        assert!(has(&said, expected), "{tag}: {said:#}");
        let refused = expected.1 == "refuse";
        let exit = Some(if refused { 3 } else { 0 });
        assert_eq!((code, &rebased(&said)["refused"]), (exit, &refused.into()), "{tag}: {said:#}");
    }
}

#[test]
fn each_planted_violation_is_found_by_its_row() {
    let place = Place::new();
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    place.script("fn/run", "#!/usr/bin/tool\n");
    place.script("fn/words", "#!/usr/bin/env -S TOOL=1 words --all\n");
    place.write("extra", "mine");
    place.link("fn/data", "/usr/lib64/data");
    let same = || Base::python().with("usr/bin/env", "1").with("usr/bin/words", "1").env("PATH=/usr/bin");
    same().make(&place, "python3.12", "old");
    let options = "-r python3.12 -b oci:bases:old --env LANG=de --add extra:/opt/conf/mine";
    place
        .run(&format!("build {FUNCTION} {options} -o oci:image:v1 --allow dangling-link,start-link"))
        .digests();
    let without_path = || Base { env: vec!["LANG=C", "PATH=/bin"], ..same() };
    let other_language = || same().without("var/lang").with("var/lang/lib/python3.13/os.py", "1");
    let client = "var/lang/lib/python3.12/site-packages/awslambdaric-4.0.2.dist-info/METADATA";
    let worlds: [World; 15] = [
        (
            "release",
            same().with("etc/os-release", "ID=amzn\nVERSION_ID=2\n"),
            ("base-identity", "refuse", "/etc/os-release"),
        ),
        ("runtime", other_language(), ("base-identity", "refuse", "oci:bases:runtime")),
        ("language", other_language(), ("interpreter-changed", "refuse", "Python 3.13")),
        ("environment", same().env("LANG=fr"), ("config-conflict", "refuse", "config.Env.LANG")),
        ("kind", same().with("opt/conf", "a file"), ("path-kind", "refuse", "/opt/conf")),
        ("shadow", same().with("opt/conf/mine", "theirs"), ("path-shadowed", "warn", "/opt/conf/mine")),
        ("script", same().without("usr/bin/tool"), ("file-removed", "refuse", "/var/task/run")),
        ("env", same().without("usr/bin/env"), ("file-removed", "refuse", "/var/task/words")),
        ("words", same().without("usr/bin/words"), ("file-removed", "refuse", "/var/task/words")),
        ("path", without_path(), ("file-removed", "refuse", "/var/task/words")),
        ("link", same().without("usr/lib64/data"), ("file-removed", "refuse", "/var/task/data")),
        (
            "start",
            same().without("lambda-entrypoint.sh"),
            ("file-removed", "refuse", "/lambda-entrypoint.sh"),
        ),
        (
            "patch",
            same().with("var/lang/include/python3.12/patchlevel.h", "#define PY_VERSION \"3.12.2\"\n"),
            ("interpreter-changed", "report", "Python"),
        ),
        ("client", same().with(client, ""), ("runtime-client", "report", "runtime interface client")),
        (
            "node-client",
            same().with("var/runtime/package.json", "{\"version\": \"2.0.0\"}"),
            ("runtime-client", "report", "runtime interface client"),
        ),
    ];
    each_is_found(&place, "python3.12", ALLOWED, worlds);
    // Checks judge the new image too.
    let checked = ALLOWED.replace("start-missing,", "");
    let unstartable = same().without("lambda-entrypoint.sh");
    let worlds = [("unstartable", unstartable, ("checks", "refuse", "start-missing"))];
    each_is_found(&place, "python3.12", &checked, worlds);
    // Nothing of a refused image is pushed: the registry is not even there.
    let from = format!("oci:image:v1 --assume-base oci:bases:old --allow {ALLOWED}");
    let ran =
        place.run(&format!("rebase {from} --to oci:bases:kind --push --repository 127.0.0.1:1/team/fn"));
    assert!(ran.stderr.contains("nothing was pushed") && ran.stderr.contains("path-kind"), "{ran:?}");
    // Nor is an image put on a base for another processor.
    let arm = "-r python3.12 -b embedded -a arm64 --entrypoint /x --cmd x -q --allow start-missing -o oci:bases:arm";
    place.run(&format!("build old-code {arm}")).digests();
    place.refuses(1, &format!("rebase {from} --to oci:bases:arm"), &["linux/arm64"]);
}

#[test]
fn classes_and_frameworks_need_their_version_in_the_new_base() {
    let place = Place::new();
    // A class of Java 25 (Java Virtual Machine Specification, table 4.1-A).
    place.write("fn/App.class", b"\xca\xfe\xba\xbe\0\0\0\x45");
    let java = || Base::of(&[("var/lang/release", "JAVA_VERSION=\"21.0.5\"\n")]);
    java().make(&place, "java21", "old");
    let options = format!("--cmd a.b -b oci:bases:old --allow {ALLOWED} -o oci:image:v1");
    place.run(&format!("build fn -r java21 {options}")).digests();
    let found = ("interpreter-changed", "refuse", "/var/task/App.class");
    each_is_found(&place, "java21", ALLOWED, [("class", java().with("usr/lib64/more", "1"), found)]);

    let place = Place::new();
    let config = r#"{"runtimeOptions": {"frameworks": [{"name": "Microsoft.NETCore.App", "version": "8.0.0"},
        {"name": "Microsoft.AspNetCore.App", "version": "8.0.7"}]}}"#;
    place.write("fn/app.runtimeconfig.json", config);
    let dotnet = |web: &'static str| {
        Base::of(&[("var/lang/bin/shared/Microsoft.NETCore.App/8.0.10/a.dll", "1")]).with(web, "1")
    };
    dotnet("var/lang/bin/shared/Microsoft.AspNetCore.App/8.0.10/a.dll").make(&place, "dotnet8", "old");
    place.run(&format!("build fn -r dotnet8 {options}")).digests();
    let found = ("interpreter-changed", "refuse", "/var/task/app.runtimeconfig.json");
    let worlds = [
        ("none", dotnet("var/lang/web"), found),
        ("older", dotnet("var/lang/bin/shared/Microsoft.AspNetCore.App/8.0.6/a.dll"), found),
        ("other", dotnet("var/lang/bin/shared/Microsoft.AspNetCore.App/10.0.0/a.dll"), found),
    ];
    each_is_found(&place, "dotnet8", ALLOWED, worlds);
}

#[test]
fn packages_of_debian_and_alpine_are_listed() {
    let place = Place::new();
    place.write("fn/app.py", "def handler(event, context):\n    return event\n");
    let debian =
        "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.1\n\nPackage: base\nVersion: 1\n";
    let patched =
        "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.2\n\nPackage: base\nVersion: 1\n";
    let packages = |base: Base, dpkg: &'static str, apk: &'static str| {
        base.with("var/lib/dpkg/status", dpkg).with("usr/lib/apk/db/installed", apk)
    };
    let changes = |tag: &str| {
        let from = format!("oci:image:v1 --assume-base oci:bases:old --allow {ALLOWED}");
        rebased(&rebase(&place, &format!("{from} --to oci:bases:{tag}")).1)["changes"].clone()
    };
    packages(Base::python(), debian, "P:musl\nV:1.2-r0\n").make(&place, "python3.12", "old");
    place.run(&format!("build {FUNCTION} -r python3.12 -b oci:bases:old -o oci:image:v1")).digests();
    packages(Base::python(), patched, "P:musl\nV:1.2-r1\n").make(&place, "python3.12", "new");
    let expected = serde_json::json!([
        {"name": "libssl3", "old": "3.0.1", "new": "3.0.2"}, {"name": "musl", "old": "1.2-r0", "new": "1.2-r1"}
    ]);
    assert_eq!(changes("new")["packages"], expected);
    Base::python().make(&place, "python3.12", "bare");
    let unread = changes("bare")["packages_unread"].clone();
    assert_eq!(unread, "of the new base, there is no package database");
}
