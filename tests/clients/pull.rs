//! Bases from registries: Debian's docker-registry filled by skopeo, and an emulator whose log is exact.

use crate::harness::pulling;
use crate::harness::pulling::emulator::Fault;
use crate::harness::pulling::helpers;
use crate::harness::pulling::{PYTHON, Real, Shaped, TAG, User, annotation, mirror, noise, said, sound};
use lambda_img::arch::Arch;
use lambda_img::media_type::Family;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::time::Duration;

const NAME: &str = "org.opencontainers.image.base.name";

const DIGEST: &str = "org.opencontainers.image.base.digest";

#[test]
fn the_default_base_comes_through_a_mirror_and_keeps_its_name() {
    let (user, real, shaped) = (User::new(), Real::start(), Shaped::new(1, 50_000, &[]));
    shaped.copy("py-x86_64", &format!("{}/{PYTHON}:{TAG}", real.server.host));
    shaped.copy("py-arm64", &format!("{}/deep/mirror/{PYTHON}:3.12-arm64", real.server.host));
    let digest = user.build(&[&mirror(&real.server.host), "-o", "oci:out:v1"]);
    let image = sound(&user.path("out"), "v1", Arch::X86_64);
    assert_eq!(image.digest.to_string(), digest);
    assert_eq!(annotation(&image, NAME), format!("public.ecr.aws/{PYTHON}:{TAG}"));
    assert_eq!(annotation(&image, DIGEST), shaped.digest(Arch::X86_64));
    assert_eq!(image.layers.len(), 5);
    // A mirror with a prefix, the other architecture, and another kind of output.
    let mirror = mirror(&format!("{}/deep/mirror", real.server.host));
    user.build(&[&mirror, "-a", "arm64", "-o", "oci-archive:out.tar"]);
    assert!(user.path("out.tar").is_file());
    // Named itself, by tag, by digest, by both: the same layers.
    let host = &real.server.host;
    for (at, base) in
        [format!("{host}/{PYTHON}:{TAG}"), format!("{host}/{PYTHON}@{}", shaped.digest(Arch::X86_64))]
            .iter()
            .enumerate()
    {
        user.build(&["--base", base, "-o", &format!("oci:named:{at}")]);
        let image = sound(&user.path("named"), &at.to_string(), Arch::X86_64);
        assert_eq!((annotation(&image, NAME), image.layers.len()), (base.clone(), 5));
    }
}

#[test]
fn an_index_gives_each_architecture_its_image() {
    let (user, real, shaped) = (User::new(), Real::start(), Shaped::new(2, 10_000, &[]));
    shaped.add_index("both", &Arch::ALL);
    shaped.add_index("one", &[Arch::X86_64]);
    let host = &real.server.host;
    shaped.copy("both", &format!("{host}/team/base:both"));
    shaped.copy("one", &format!("{host}/team/base:one"));
    let both = format!("{host}/team/base:both");
    user.run(&[
        "build",
        "function",
        "-r",
        "python3.12",
        "-a",
        "x86_64,arm64",
        "--base",
        &both,
        "-o",
        "oci:out:v1",
    ]);
    for arch in Arch::ALL {
        let image = sound(&user.path("out"), &format!("v1-{arch}"), arch);
        // The image's own digest, never the index's.
        assert_eq!(annotation(&image, DIGEST), shaped.digest(arch));
        assert_eq!(annotation(&image, NAME), both);
    }
    let one = format!("{host}/team/base:one");
    let said = user.fail(1, &["build", "function", "-r", "python3.12", "-a", "arm64", "--base", &one]);
    assert!(said.contains("is for linux/amd64, but the build is for linux/arm64"), "{said}");
    assert!(said.contains("hint: choose a base for linux/arm64"), "{said}");
    // The index by its digest: offline when everything is there.
    let amd = format!("{host}/team/base@{}", shaped.digest(Arch::X86_64));
    user.build(&["--base", &amd, "--offline", "-o", "oci:offline:v1"]);
    let said = user.fail(1, &["build", "function", "-r", "python3.12", "-a", "arm64", "--base", &amd]);
    assert!(said.contains("is for linux/amd64, but the build is for linux/arm64"), "{said}");
}

#[test]
fn one_build_has_one_digest_whatever_its_outputs_and_the_media_types_of_its_base() {
    let (user, real, shaped) = (User::new(), Real::start(), Shaped::new(12, 10_000, &[]));
    let host = &real.server.host;
    let (docker, oci) = (format!("{host}/team/docker:v1"), format!("{host}/team/oci:v1"));
    shaped.copy_as("py-x86_64", &docker, &["--format", "v2s2"]);
    shaped.copy_as("py-x86_64", &oci, &["--preserve-digests"]);
    let tag = format!("{host}/team/fn:v1");
    let ways: [&[&str]; 4] = [
        &["-t", &tag, "--push"],
        &["-o", "oci:out:v1"],
        &["-o", "oci-archive:o.tar"],
        &["-o", "docker-archive:d.tar"],
    ];
    for base in [&docker, &oci] {
        // Where anything is pushed, standard output has that alone: the object has all.
        let digests = |args: &[&str]| -> Vec<String> {
            let build = ["build", "function", "-r", "python3.12", "--json", "--base", base];
            let object: Value = serde_json::from_str(&user.run(&[&build, args].concat()).0).unwrap();
            let image = &object["images"][0];
            let pushed = image["pushed"].as_array().into_iter().flatten().map(|one| &one["reference"]);
            let said = image["outputs"].as_array().into_iter().flatten().chain(pushed);
            said.map(|one| one.as_str().unwrap().rsplit_once('@').unwrap().1.to_owned()).collect()
        };
        let mut all = BTreeSet::new();
        for chosen in 1..1 << ways.len() {
            let way = |at: &usize| chosen & (1 << at) != 0;
            let args: Vec<_> = (0..ways.len()).filter(way).flat_map(|at| ways[at]).copied().collect();
            let said = digests(&args);
            assert_eq!(said.len(), (0..ways.len()).filter(way).count(), "{args:?}");
            all.extend(said);
        }
        assert_eq!(all.len(), 1, "{base}: {all:?}");
        // The same as a plan says, and of OCI's family.
        let image = sound(&user.path("out"), "v1", Arch::X86_64);
        assert_eq!((image.family, image.layers.len()), (Family::Oci, 5));
        let dry = ["build", "function", "-r", "python3.12", "--base", base, "--dry-run", "--json"];
        let said = user.run(&dry).0;
        assert!(said.contains(Family::Oci.manifest()) && said.contains(&all.pop_first().unwrap()), "{said}");
        // Docker's where they are asked for: another image, and a layout cannot hold it.
        let asked = ["--format", "docker", "-o", "docker-archive:d.tar"];
        assert_ne!(digests(&asked), [image.digest.to_string()]);
        let args = ["build", "function", "-r", "python3.12", "--base", base, "--format", "docker"];
        let said = user.fail(1, &[&args[..], &["-o", "oci:out:v1"]].concat());
        assert!(said.contains("cannot contain an image with Docker's media types"), "{said}");
    }
}

#[test]
fn a_download_that_fills_the_disk_is_given_up_and_leaves_it_empty() {
    let (user, shaped) = (User::new(), Shaped::new(19, 1_000_000, &[]));
    let registry = shaped.emulated();
    let base = format!("{}/{PYTHON}@{}", registry.host, shaped.digest(Arch::X86_64));
    fs::create_dir(user.path("cache")).unwrap();
    let script = "mount -t tmpfs -o size=500k,mode=0700 none cache || exit 99
        \"$@\"
        code=$?
        find cache/partial -type f | sed 's/^/left: /' >&2
        exit $code";
    let mut command = helpers::program("unshare", "apt-get install util-linux");
    command.args(["--mount", "sh", "-c", script, "sh", env!("CARGO_BIN_EXE_lambda-img")]);
    command.args(["build", "function", "-r", "python3.12", "--base", &base]);
    command.current_dir(user.dir.path()).env("LAMBDA_IMG_CACHE", user.path("cache"));
    let (code, _, err) = said(command.output().unwrap());
    assert!(code == 1 && err.contains("No space left on device"), "{err}");
    assert!(!err.contains("left: "), "{err}");
}

#[test]
fn a_warm_cache_and_a_lock_need_no_network() {
    let (user, real, shaped) = (User::new(), Real::start(), Shaped::new(5, 100_000, &[]));
    shaped.copy("py-x86_64", &format!("{}/{PYTHON}:{TAG}", real.server.host));
    let mirror = mirror(&real.server.host);
    user.run(&["base", "lock", "-r", "python3.12", "-a", "x86_64", &mirror]);
    let online = user.build(&[&mirror, "--locked", "-o", "oci:online:v1"]);
    drop(real);
    // In a network namespace of its own there is not even a loopback that is up.
    let mut cut = helpers::program("unshare", "apt-get install util-linux");
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        cut.arg("--map-root-user");
    }
    let mut build = user.command(&["build", "function", "-r", "python3.12", "--offline", "--locked"]);
    build.args(["-o", "oci:offline:v1"]);
    cut.arg("--net").arg(build.get_program()).args(build.get_args()).current_dir(user.dir.path());
    cut.envs(build.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let (code, offline, err) = said(cut.output().unwrap());
    assert_eq!((code, offline), (0, format!("oci:offline:v1@{online}\n")), "{err}");
    sound(&user.path("offline"), "v1", Arch::X86_64);
    // Without --offline, too: nothing is asked for.
    assert_eq!(user.build(&["--locked", "-o", "docker-archive:offline.tar"]).len(), online.len());
    // What is missing has its name.
    let manifest = shaped.manifest(Arch::X86_64);
    let layer = manifest["layers"][1]["digest"].as_str().unwrap();
    fs::remove_file(user.path("cache/blobs").join(layer.replace(':', "/"))).unwrap();
    let build = ["build", "function", "-r", "python3.12", "--offline", "--locked"];
    let said = user.fail(1, &build);
    assert!(
        said.contains(&format!("layer {layer} is not in the cache")) && said.contains("base pull"),
        "{said}"
    );
    fs::remove_dir_all(user.path("cache")).unwrap();
    let said = user.fail(1, &build);
    assert!(
        said.contains(&format!("manifest {} is not in the cache", shaped.digest(Arch::X86_64))),
        "{said}"
    );
    assert!(!user.path("lambda-image").exists());
}

#[test]
fn a_cache_that_cannot_be_written_is_used_or_named() {
    let (user, shaped) = (User::new(), Shaped::new(18, 20_000, &[]));
    let registry = shaped.emulated();
    let base = format!("{}/{PYTHON}@{}", registry.host, shaped.digest(Arch::X86_64));
    let digest = user.build(&["--base", &base]);
    fs::set_permissions(user.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    // As it is made, nobody else may even look.
    assert_eq!(fs::metadata(user.path("cache")).unwrap().mode() & 0o777, 0o700);
    fs::set_permissions(user.path("cache"), fs::Permissions::from_mode(0o755)).unwrap();
    let out = user.path("theirs");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o777)).unwrap();
    // Somebody else, who may only read it.
    let other = |more: &[&str]| {
        let mut command = helpers::program("setpriv", "apt-get install util-linux");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(env!("CARGO_BIN_EXE_lambda-img")).args(["build", "function", "-r", "python3.12", "-q"]);
        command.args(["--base", &base, "--retries", "0"]).args(more).current_dir(user.dir.path());
        command.env("LAMBDA_IMG_CACHE", user.path("cache")).env("HOME", "/nowhere");
        said(command.output().unwrap())
    };
    registry.log();
    let (code, said, err) = other(&["-o", "oci:theirs/a:v1"]);
    assert_eq!((code, said), (0, format!("oci:theirs/a:v1@{digest}\n")), "{err}");
    assert!(registry.log().is_empty());
    // A corrupt entry cannot be replaced there: what to do is said, and elsewhere it works.
    let layer = shaped.manifest(Arch::X86_64)["layers"][1]["digest"].as_str().unwrap().to_owned();
    let entry = user.path("cache/blobs").join(layer.replace(':', "/"));
    let mut bytes = fs::read(&entry).unwrap();
    bytes[100] ^= 1;
    fs::write(&entry, &bytes).unwrap();
    let hint = "hint: the cache needs a writable directory with enough space: choose another one with \
                `--cache-dir DIR` or LAMBDA_IMG_CACHE\n";
    let (code, _, err) = other(&["-o", "oci:theirs/b:v1"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("cannot fetch blob") && err.ends_with(hint), "{err}");
    let (code, _, err) = other(&["-o", "oci:theirs/b:v1", "--offline"]);
    assert!(code == 1 && err.contains(&format!("layer {layer} is not in the cache")), "{err}");
    let (code, said, err) = other(&["-o", "oci:theirs/b:v1", "--cache-dir", "theirs/cache"]);
    assert_eq!((code, said), (0, format!("oci:theirs/b:v1@{digest}\n")), "{err}");
    // Nothing in it yet, and nothing may come.
    fs::create_dir(user.path("empty")).unwrap();
    for dir in ["empty", "empty/deeper"] {
        let (code, _, err) = other(&["-o", "oci:theirs/c:v1", "--cache-dir", dir]);
        assert_eq!(code, 1, "{err}");
        let at = user.path(dir);
        assert!(err.contains(&format!("caused by: cannot create directory `{}", at.display())), "{err}");
        assert!(err.ends_with(hint), "{err}");
    }
    // A file in the way.
    fs::write(user.path("file"), "").unwrap();
    let mirror = mirror(&registry.host);
    for args in [
        &["base", "pull", "-q", "-r", "python3.12", "-a", "x86_64", &mirror][..],
        &["cache", "info"],
        &["cache", "prune"],
        &["cache", "verify"],
    ] {
        let err = user.fail(1, &[args, &["--cache-dir", "file"]].concat());
        assert!(
            err.contains("Not a directory") && err.contains("file/") && err.ends_with(hint),
            "{args:?}: {err}"
        );
    }
}

/// Makes the first who opens `weights.bin` tell so, through one named pipe, and wait for the word to go on, through
/// another.
const GATE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
typedef int (*opener)(const char *, int, ...);
static atomic_flag once = ATOMIC_FLAG_INIT;
int open64(const char *path, int flags, int mode) {
    opener real = (opener)dlsym(RTLD_NEXT, "open64");
    if (strstr(path, "weights.bin") && !atomic_flag_test_and_set(&once)) {
        close(real(getenv("ASKED"), 1 /* O_WRONLY */));
        close(real(getenv("GO_ON"), 0 /* O_RDONLY */));
    }
    return real(path, flags, mode);
}
int open(const char *path, int flags, int mode) { return open64(path, flags, mode); }
"#;

#[test]
fn a_base_comes_in_while_layers_are_packed() {
    let (user, shaped) = (User::new(), Shaped::new(41, 50_000, &[]));
    let registry = shaped.emulated();
    // A file that nothing but packing reads.
    fs::write(user.path("function/weights.bin"), noise(42, 10_000)).unwrap();
    fs::write(user.path("gate.c"), GATE).unwrap();
    let done =
        |command: &mut Command| assert!(command.current_dir(user.dir.path()).status().unwrap().success());
    done(
        pulling::helpers::program("cc", "apt-get install gcc")
            .args(["-shared", "-fPIC", "-o", "gate.so", "gate.c"]),
    );
    done(Command::new("mkfifo").args(["asked", "go-on"]));

    let mirror = mirror(&registry.host);
    let build = ["build", "function", "-r", "python3.12", &mirror, "-o", "oci:out:v1"];
    let mut tool = user.command(&build);
    tool.env("LD_PRELOAD", user.path("gate.so"))
        .env("ASKED", user.path("asked"))
        .env("GO_ON", user.path("go-on"));
    let tool = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Ends when the tool has opened the pipe, and closed it.
    fs::read(user.path("asked")).unwrap();
    // The packing stands still, and goes on when we say so: what is asked for now is asked for meanwhile.
    registry.wait_for("GET /v2/lambda/python/blobs/<layer-");
    fs::write(user.path("go-on"), "").unwrap();
    let (code, out, err) = said(tool.wait_with_output().unwrap());
    assert_eq!(code, 0, "{err}");
    let image = sound(&user.path("out"), "v1", Arch::X86_64);
    assert!(out.contains(&image.digest.to_string()), "{out}");
    // The same image as of who has the base.
    assert_eq!(user.build(&[&mirror, "-o", "oci:again:v1"]), image.digest.to_string());
}

#[test]
fn a_base_that_comes_in_has_a_line_of_its_own_with_its_total() {
    let (user, shaped) = (User::new(), Shaped::new(43, 400_000, &[]));
    let registry = shaped.emulated();
    registry.fault("/blobs/<layer-", 9, Fault::Slow(Duration::from_millis(250)));
    let tool = env!("CARGO_BIN_EXE_lambda-img");
    let line = format!("{tool} build function -r python3.12 {} -o oci:out:v1", mirror(&registry.host));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(user.dir.path()).stdin(Stdio::null());
    script.env("TERM", "xterm").env("LAMBDA_IMG_CACHE", user.path("cache")).env("HOME", user.dir.path());
    let (code, shown, _) = said(script.output().unwrap());
    assert_eq!(code, 0, "{shown}");
    let lines: Vec<_> = shown.split(['\r', '\n']).filter(|line| line.contains("base  fetching  ")).collect();
    // The total is known from the first line on, and is that of all its layers.
    let of = |line: &str| line.split(" of ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let totals: std::collections::BTreeSet<_> = lines.iter().map(|line| of(line)).collect();
    assert!(
        totals.len() == 1 && lines.iter().all(|line| line.contains(" %, ") && line.contains("/s")),
        "{shown}"
    );
    // What is packed is the function, which is small.
    assert!(
        !shown.split(['\r', '\n']).any(|line| line.contains("packing") && line.contains("MB")),
        "{shown}"
    );
}
