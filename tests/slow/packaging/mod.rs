//! What a release hands out, made by `packaging/`, installed from local files into clean places and run.

use crate::harness::common;
use crate::harness::helpers;
mod pipelines;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use crate::harness::common::{Place, must};
use serde_json::Value;
use tempfile::TempDir;

const TARGET: &str = "x86_64-unknown-linux-gnu";
const VERSION: &str = env!("CARGO_PKG_VERSION");

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Everything for this target. It is compiled once: where `.ci/nightly` has built a release, not even that.
fn packages() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let dir = MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let mut build = Command::new("bash");
        // What Cargo tells a test of its crate would tell build scripts that they have to run again.
        let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        let told = env::vars().map(|(name, _)| name).filter(|name| told(name));
        for name in told.chain(["OUT_DIR", "LD_LIBRARY_PATH"].map(str::to_owned)) {
            build.env_remove(name);
        }
        must(build.arg(repository("packaging/build")).args([dir.path(), Path::new(TARGET)]));
        let program = dir.path().join("lambda-img-linux-x64");
        let platform = format!("linux-x64={}", program.display());
        must(Command::new("bash").arg(repository("packaging/npm")).arg(dir.path()).arg(platform));
        fs::remove_file(program).unwrap();
        must(Command::new("bash").arg(repository("packaging/checksums")).arg(dir.path()));
        dir
    });
    dir.path()
}

/// The one file whose name begins and ends so.
fn package(begin: &str, end: &str) -> PathBuf {
    let paths = fs::read_dir(packages()).unwrap().map(|entry| entry.unwrap().path());
    let fits = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(begin) && name.ends_with(end)
    };
    let found: Vec<_> = paths.filter(fits).collect();
    assert_eq!(found.len(), 1, "{begin}…{end}: {found:?}");
    found[0].clone()
}

/// Runs `version --json` of an installed program, with no other on the way.
fn version(command: &mut Command) -> Value {
    serde_json::from_str(&must(command.args(["version", "--json"])).stdout).unwrap()
}

/// What each of them must say: the version of this tree.
fn expected() -> Value {
    let place = Place::new();
    place.run("version --json").json()
}

#[test]
fn version_tells_what_decides_bytes_as_its_schema_says() {
    let place = Place::new();
    let document = place.write("version.json", place.run("version --json").stdout);
    let schema = repository("docs/schemas/version.json");
    let paths = [schema.to_str().unwrap(), document.to_str().unwrap()];
    let program = "import json, sys, jsonschema\n\
                   schema, document = (json.load(open(path)) for path in sys.argv[1:])\n\
                   jsonschema.Draft202012Validator.check_schema(schema)\n\
                   jsonschema.Draft202012Validator(schema).validate(document)\n";
    common::python(&place, program, &paths);
    let object = expected();
    assert_eq!(object["lambda_img"], VERSION);
    assert_eq!(object["encoder"]["name"], "lambda-img-deflate");
    let text = place.run("version").stdout;
    assert!(
        text.contains(&format!(
            "lambda-img    {VERSION}\nlayer format  2\nencoder       lambda-img-deflate {VERSION}, blocks of "
        )),
        "{text}"
    );
}

#[test]
#[ignore = "nightly: compiles a release"]
fn the_wheel_installs_into_a_clean_environment_and_runs() {
    let place = Place::new();
    let wheel = package("lambda_img-", ".whl");
    assert!(wheel.to_str().unwrap().contains("-py3-none-manylinux"), "{}", wheel.display());
    must(place.program("python3").args(["-m", "venv", "clean"]));
    must(place.program("clean/bin/pip").args(["install", "--quiet", "--no-index", "--no-deps"]).arg(&wheel));
    assert_eq!(version(place.program("clean/bin/lambda-img").env_clear()), expected());
    let shown = must(place.program("clean/bin/pip").args(["show", "lambda-img"])).stdout;
    assert!(shown.contains(&format!("Version: {VERSION}\n")), "{shown}");
}

#[test]
#[ignore = "nightly: compiles a release"]
fn the_npm_packages_install_into_a_clean_prefix_and_run() {
    let place = Place::new();
    let node = must(place.program("sh").args(["-c", "dirname \"$(command -v node)\""])).stdout;
    let mut install = place.program("npm");
    install.args([
        "install",
        "--offline",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        "--global",
        "--prefix",
    ]);
    install.arg(place.path("clean")).env("npm_config_cache", place.path("npm-cache"));
    must(install.arg(package("lambda-img-linux-x64-", ".tgz")).arg(package("lambda-img-0", ".tgz")));
    let program = || {
        let mut program = place.program("clean/bin/lambda-img");
        program.env_clear().env("PATH", node.trim());
        program
    };
    assert_eq!(version(&mut program()), expected());
    let ran = common::run(program().args(["build", "--runtime", "python3.99"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{ran:?}");

    fs::remove_dir_all(place.path("clean/lib/node_modules/lambda-img-linux-x64")).unwrap();
    let ran = common::run(program().arg("version"));
    common::assert_refusal(&ran, 70, &["`lambda-img-linux-x64` is not installed", "hint: "]);
}

#[test]
#[ignore = "nightly: compiles a release"]
fn the_archive_s_program_needs_nothing_else_not_even_for_names_and_tls() {
    let place = Place::new();
    let archive = package(&format!("lambda-img-{VERSION}-{TARGET}"), ".tar.gz");
    place.dir("root");
    must(place.program("tar").arg("-xzf").arg(&archive).args(["-C", "root", "--strip-components=1"]));
    assert_eq!(fs::read_dir(place.path("root")).unwrap().count(), 3);
    // A world without a C library, a shell, a device.
    assert_eq!(version(place.program("chroot").args(["root", "/lambda-img"])), expected());
    let asked = must(
        place
            .program("python3")
            .arg(repository("tests/slow/packaging/network.py"))
            .args(["root", "/lambda-img"]),
    );
    let hosts: BTreeSet<_> = asked.stdout.lines().filter_map(|line| line.strip_suffix(" /v2/")).collect();
    assert_eq!(hosts, BTreeSet::from(["hosts.test", "registry.test"]), "{asked:?}");
}

#[test]
#[ignore = "nightly: compiles a release"]
fn sums_and_bill_of_materials_are_of_these_files() {
    let place = Place::new();
    let sums = fs::read_to_string(packages().join("SHA256SUMS")).unwrap();
    let named: BTreeSet<_> = sums.lines().map(|line| line.split_once("  ").unwrap().1.to_owned()).collect();
    let mut there: BTreeSet<_> = fs::read_dir(packages())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(there.remove("SHA256SUMS"));
    assert_eq!((named, there.len()), (there.clone(), 5));
    must(place.program("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(packages()));

    let bill = common::json_at(&package("lambda-img-", ".cdx.json"));
    assert_eq!(
        (&bill["bomFormat"], &bill["metadata"]["component"]["name"]),
        (&"CycloneDX".into(), &"lambda-img".into())
    );
    let components: BTreeSet<_> = bill["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["name"].as_str().unwrap(), one["version"].as_str().unwrap()))
        .collect();
    let compiled = must(Command::new(env!("CARGO")).current_dir(repository("")).args([
        "tree",
        "--locked",
        "--offline",
        "--edges=normal",
        "--prefix=none",
        "--format={p}",
        "--target",
        TARGET,
    ]));
    let words = |line: &str| {
        let mut words = line.split(' ');
        Some(format!("{} {}", words.next()?, words.next()?.strip_prefix('v')?))
    };
    let compiled: BTreeSet<_> = compiled.stdout.lines().skip(1).filter_map(words).collect();
    let missing: Vec<_> = compiled.difference(&components).collect();
    assert!(compiled.len() > 100 && missing.is_empty(), "{missing:?}");
}

/// What `cargo install lambda-img` compiles is in the crate's package: whatever the compiler read of this tree.
#[test]
fn the_crate_s_package_has_all_that_is_compiled_and_nothing_else() {
    let listed = must(Command::new(env!("CARGO")).current_dir(repository("")).args([
        "package",
        "--list",
        "--package=lambda-img",
        "--allow-dirty",
        "--locked",
        "--offline",
    ]));
    let listed: BTreeSet<_> = listed.stdout.lines().map(str::to_owned).collect();
    // What the compiler read for library and program, of earlier builds too.
    let deps = Path::new(env!("CARGO_BIN_EXE_lambda-img")).parent().unwrap().join("deps");
    let infos = fs::read_dir(deps).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("lambda_img-") && name.ends_with(".d")
    });
    let read: String = infos.map(|path| fs::read_to_string(path).unwrap()).collect();
    let root = format!("{}/", repository("").canonicalize().unwrap().display());
    // Without what the build script writes.
    let words = read.split_whitespace().map(|word| word.trim_end_matches(':'));
    let real: BTreeSet<_> = words.filter_map(|path| repository(path).canonicalize().ok()).collect();
    let read: BTreeSet<_> = real
        .iter()
        .filter(|path| path.is_file())
        .filter_map(|path| path.to_str()?.strip_prefix(root.as_str()))
        .filter(|path| !path.starts_with("target/"))
        .collect();
    let missing: Vec<_> = read.iter().filter(|path| !listed.contains(**path)).collect();
    assert!(read.len() > 200 && missing.is_empty(), "{} read; missing: {missing:?}", read.len());
    let more = ["Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "CHANGELOG.md", "LICENSE", "README.md"];
    let more = more.into_iter().chain([".cargo_vcs_info.json", "build.rs", "docs/checks/README.md"]);
    // The library's example, for those who read it on docs.rs.
    let more = more.chain(["examples/library/main.rs"]);
    let known: BTreeSet<_> = more.collect();
    let junk = |path: &&String| {
        !known.contains(path.as_str()) && !read.contains(path.as_str()) && !path.starts_with("src/")
    };
    let junk: Vec<_> =
        listed.iter().filter(junk).filter(|path| !path.starts_with("base-manifests/")).collect();
    assert!(junk.is_empty(), "{junk:?}");
}
