//! Bases from registries: Debian's docker-registry filled by skopeo, and an emulator whose log is exact.

use crate::harness::pulling;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::common::{PATIENCE, seed};
use crate::harness::pulling::emulator::{Emulator, Fault};
use crate::harness::pulling::helpers;
use crate::harness::pulling::{PYTHON, Real, Shaped, TAG, User, annotation, mirror, noise, said, sound};
use crate::harness::relay::Relay;
use lambda_img::arch::Arch;
use lambda_img::media_type::Family;
use serde_json::Value;

const NAME: &str = "org.opencontainers.image.base.name";
const DIGEST: &str = "org.opencontainers.image.base.digest";

/// What a build leaves in the cache: manifest, configuration and layers of the base, and the layer made here.
const CACHED: usize = 7;

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
    assert!(said.contains("is for linux/amd64, the build for linux/arm64"), "{said}");
    assert!(said.contains("hint: choose a base for linux/arm64"), "{said}");
    // The index by its digest: offline when everything is there.
    let amd = format!("{host}/team/base@{}", shaped.digest(Arch::X86_64));
    user.build(&["--base", &amd, "--offline", "-o", "oci:offline:v1"]);
    let said = user.fail(1, &["build", "function", "-r", "python3.12", "-a", "arm64", "--base", &amd]);
    assert!(said.contains("is for linux/amd64, the build for linux/arm64"), "{said}");
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
        assert!(said.contains("cannot hold an image with Docker's media types"), "{said}");
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
fn another_process_that_fetches_a_blob_is_waited_for_and_that_is_told() {
    let (user, shaped) = (User::new(), Shaped::new(20, 10_000, &[]));
    let registry = shaped.emulated();
    let base = format!("{}/{PYTHON}@{}", registry.host, shaped.digest(Arch::X86_64));
    let layer = shaped.manifest(Arch::X86_64)["layers"][1]["digest"].as_str().unwrap().to_owned();
    let partial = user.path("cache/partial").join(layer.strip_prefix("sha256:").unwrap());
    fs::create_dir_all(partial.parent().unwrap()).unwrap();
    fs::set_permissions(user.path("cache"), fs::Permissions::from_mode(0o700)).unwrap();
    let lock = fs::File::create(&partial).unwrap();
    lock.lock().unwrap();
    let mut command = user.command(&["build", "function", "-r", "python3.12", "--base", &base]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("waiting for another process, which writes to `") {
        line.clear();
        assert!(stderr.read_line(&mut line).unwrap() > 0, "it did not wait, or did not say so");
    }
    drop(lock);
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success(), "{rest}");
}

#[test]
fn what_is_wrong_with_a_base_is_said() {
    let (user, registry) = (User::new(), Emulator::start(&[]));
    for (base, what) in [
        ("UPPER/case", "upper-case"),
        ("a.b/c:", "tag"),
        ("https://a.b/c", "URL scheme"),
        ("a.b/c@sha256:12", "digest"),
        ("./dir", "not an image reference"),
    ] {
        let said = user.fail(2, &["build", "function", "-r", "python3.12", "--base", base]);
        assert!(said.contains(what), "{base}: {said}");
    }
    let base = format!("{}/no/such:v1", registry.host);
    let said = user.fail(1, &["build", "function", "-r", "python3.12", "--base", &base]);
    assert!(said.contains("MANIFEST_UNKNOWN") && said.contains(&base), "{said}");
    registry.log();
    let said = user.fail(1, &["build", "function", "-r", "python3.12", "--base", &base, "--offline"]);
    assert!(said.contains("is a tag") && said.contains("base lock"), "{said}");
    assert!(registry.log().is_empty());
    // Lies: of the manifest, of a configuration, of a layer. Nothing of them stays.
    let shaped = Shaped::new(3, 10_000, &[]);
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let build = ["build", "function", "-r", "python3.12", "--retries", "0", &mirror];
    for (line, words) in [("manifests", "digest"), ("<config>", "corrupt"), ("<layer-1>", "corrupt")] {
        registry.fault(line, 1, Fault::Lie);
        let said = user.fail(1, &build);
        assert!(said.contains(words), "{line}: {said}");
        user.cache_is_sound();
    }
    user.build(&[&mirror]);
    sound(&user.path("lambda-image"), "latest", Arch::X86_64);
}

#[test]
fn only_what_is_needed_is_asked_for() {
    let (user, shaped) = (User::new(), Shaped::new(4, 20_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let head =
        ["GET /v2/", "GET /v2/lambda/python/manifests/3.12-x86_64", "GET /v2/lambda/python/blobs/<config>"];
    user.run(&["build", "function", "-r", "python3.12", &mirror, "--dry-run"]);
    assert_eq!(registry.log(), head);
    let digest = user.build(&[&mirror, "-o", "oci:out:v1"]);
    let mut log = registry.log();
    log.sort();
    // The embedded layer and three more: once each, and the configuration from the cache.
    let layers = (0..4).map(|at| format!("GET /v2/lambda/python/blobs/<layer-{at}>"));
    let mut expected: Vec<_> = head[..2].iter().map(ToString::to_string).chain(layers).collect();
    expected.sort();
    assert_eq!(log, expected);
    // A layout that has the layers needs none of their bytes.
    fs::remove_dir_all(user.path("cache")).unwrap();
    assert_eq!(user.build(&[&mirror, "-o", "oci:out:v2"]), digest);
    assert_eq!(registry.log(), head);
    sound(&user.path("out"), "v2", Arch::X86_64);
    // By digest, with what the cache has: nothing at all.
    let base = format!("{}/{PYTHON}@{}", registry.host, shaped.digest(Arch::X86_64));
    user.build(&["--base", &base, "-o", "oci:warm:v1"]);
    registry.log();
    let again = user.build(&["--base", &base, "-o", "oci-archive:warm.tar"]);
    assert_eq!((registry.log(), again.is_empty()), (Vec::new(), false));
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
    assert!(said.contains(&format!("lacks layer {layer}")) && said.contains("base pull"), "{said}");
    fs::remove_dir_all(user.path("cache")).unwrap();
    let said = user.fail(1, &build);
    assert!(said.contains(&format!("lacks manifest {}", shaped.digest(Arch::X86_64))), "{said}");
    assert!(!user.path("lambda-image").exists());
}

#[test]
fn corrupt_entries_are_fetched_again() {
    let (user, shaped) = (User::new(), Shaped::new(6, 30_000, &[]));
    let registry = shaped.emulated();
    let base = format!("{}/{PYTHON}@{}", registry.host, shaped.digest(Arch::X86_64));
    let digest = user.build(&["--base", &base, "-o", "oci:a:v1"]);
    registry.log();
    let entries = user.cache_is_sound();
    assert_eq!(entries, CACHED);
    for spoil in [|bytes: &mut Vec<u8>| bytes[10] ^= 1, |bytes: &mut Vec<u8>| bytes.truncate(5), Vec::clear] {
        for entry in fs::read_dir(user.path("cache/blobs/sha256")).unwrap() {
            let path = entry.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            spoil(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
        let out = user.path("b");
        let _ = fs::remove_dir_all(&out);
        assert_eq!(user.build(&["--base", &base, "-o", "oci:b:v1"]), digest);
        sound(&out, "v1", Arch::X86_64);
        assert_eq!(user.cache_is_sound(), entries);
        // The ping, and each entry of the base once: the layer made here is made again.
        assert_eq!(registry.log().len(), entries);
    }
}

#[test]
fn two_processes_at_once_fetch_each_blob_once() {
    let (user, shaped) = (User::new(), Shaped::new(7, 4_000_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    for round in 0..3 {
        let _ = fs::remove_dir_all(user.path("cache"));
        let spawn = |at: usize| {
            let output = format!("oci:out-{round}-{at}:v1");
            let args = ["build", "function", "-r", "python3.12", "-q", &mirror, "-o", &output];
            user.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let running: Vec<_> = (0..4).map(spawn).collect();
        let mut digests = Vec::new();
        for child in running {
            let (code, out, err) = said(child.wait_with_output().unwrap());
            assert_eq!(code, 0, "{err}");
            digests.push(out.trim_end().rsplit('@').next().unwrap().to_owned());
        }
        digests.dedup();
        assert_eq!(digests.len(), 1);
        let mut blobs = registry.log();
        blobs.retain(|line| line.contains("/blobs/"));
        blobs.sort();
        assert_eq!(blobs.len(), 5, "{blobs:?}");
        assert_eq!(user.cache_is_sound(), CACHED);
        sound(&user.path(&format!("out-{round}-0")), "v1", Arch::X86_64);
    }
}

#[test]
fn processes_that_pull_what_is_pinned_fetch_its_manifest_once() {
    let (user, shaped) = (User::new(), Shaped::new(17, 200_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    user.run(&["base", "lock", "-r", "python3.12", "-a", "x86_64", &mirror]);
    for round in 0..5 {
        let _ = fs::remove_dir_all(user.path("cache"));
        registry.log();
        let args = ["base", "pull", "-q", &mirror];
        let start = |_| user.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let running: Vec<_> = (0..4).map(start).collect();
        for child in running {
            let (code, _, err) = said(child.wait_with_output().unwrap());
            assert_eq!(code, 0, "{err}");
        }
        let log = registry.log();
        let count = |part: &str| log.iter().filter(|line| line.contains(part)).count();
        assert_eq!((count("/manifests/"), count("/blobs/")), (1, 5), "round {round}: {log:#?}");
        assert_eq!(user.cache_is_sound(), 6);
    }
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
    let hint = "hint: the cache needs a directory that can be written, with room in it: `--cache-dir DIR` or \
                LAMBDA_IMG_CACHE names another\n";
    let (code, _, err) = other(&["-o", "oci:theirs/b:v1"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("could not be fetched\ncaused by: open `") && err.ends_with(hint), "{err}");
    let (code, _, err) = other(&["-o", "oci:theirs/b:v1", "--offline"]);
    assert!(code == 1 && err.contains(&format!("lacks layer {layer}")), "{err}");
    let (code, said, err) = other(&["-o", "oci:theirs/b:v1", "--cache-dir", "theirs/cache"]);
    assert_eq!((code, said), (0, format!("oci:theirs/b:v1@{digest}\n")), "{err}");
    // Nothing in it yet, and nothing may come.
    fs::create_dir(user.path("empty")).unwrap();
    for dir in ["empty", "empty/deeper"] {
        let (code, _, err) = other(&["-o", "oci:theirs/c:v1", "--cache-dir", dir]);
        assert_eq!(code, 1, "{err}");
        assert!(err.contains(&format!("caused by: create directory `{dir}")), "{err}");
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
            err.contains("Not a directory") && err.contains("`file/") && err.ends_with(hint),
            "{args:?}: {err}"
        );
    }
}

#[test]
fn layers_are_fetched_side_by_side() {
    let (user, shaped) = (User::new(), Shaped::new(19, 2000, &[]));
    let registry = shaped.emulated();
    registry.fault("<layer-", 9, Fault::Late(Duration::from_millis(400)));
    user.run(&["base", "lock", "-q", "-r", "python3.12", "-a", "x86_64", &mirror(&registry.host)]);
    registry.state().most_at_once();
    for (jobs, most) in [("1", 1), ("4", 4)] {
        let _ = fs::remove_dir_all(user.path("cache"));
        let output = format!("oci:out{jobs}:v1");
        user.build(&[&mirror(&registry.host), "-j", jobs, "-o", &output]);
        assert_eq!(registry.state().most_at_once(), most);
    }
}

#[test]
fn a_broken_pull_goes_on_where_it_ended() {
    let (user, shaped) = (User::new(), Shaped::new(8, 3_000_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    registry.fault("<layer-2>", 1, Fault::Cut(1_000_000));
    let args = ["build", "function", "-r", "python3.12", "--retries", "0", &mirror, "-o", "oci:out:v1"];
    let said = user.fail(1, &args);
    assert!(
        said.contains("could not be fetched") && said.contains("hint: try again: what came is kept"),
        "{said}"
    );
    assert!(!user.path("out").exists());
    let (info, _) = user.run(&["cache", "info", "--json"]);
    let info: serde_json::Value = serde_json::from_str(&info).unwrap();
    assert_eq!(info["partial"], 1);
    registry.log();
    user.run(&args);
    let log = registry.log();
    let ranges: Vec<_> = log.iter().filter(|line| line.contains("bytes=")).collect();
    assert_eq!(ranges, ["GET /v2/lambda/python/blobs/<layer-2> bytes=1000000-"]);
    sound(&user.path("out"), "v1", Arch::X86_64);
}

#[test]
fn killed_at_any_moment_it_ends_in_the_right_image_at_the_next_try() {
    let (real, shaped) = (Real::start(), Shaped::new(9, 4_000_000, &[]));
    shaped.copy("py-x86_64", &format!("{}/{PYTHON}:{TAG}", real.server.host));
    let relay = Relay::to(&real.server.host);
    let mirror = mirror(&relay.host);
    let args = ["build", "function", "-r", "python3.12", "-q", &mirror, "-o", "oci:out:v1"];
    let user = User::new();
    user.run(&args);
    let whole = relay.passed();
    let digest = sound(&user.path("out"), "v1", Arch::X86_64).digest;
    let moments = noise(seed("kills of pulls"), 50 * 4);
    let (mut early, mut partial) = (0, 0);
    for moment in moments.chunks(4) {
        let user = User::new();
        let moment = u32::from_le_bytes(moment.try_into().unwrap());
        early += usize::from(relay.kill_after(u64::from(moment) % whole, &mut user.command(&args)));
        user.cache_is_sound();
        let left = fs::read_dir(user.path("cache/partial")).map_or(0, Iterator::count);
        partial += left;
        relay.open();
        user.run(&args);
        let image = sound(&user.path("out"), "v1", Arch::X86_64);
        assert_eq!(image.digest, digest);
        assert_eq!(user.cache_is_sound(), CACHED);
        assert_eq!(fs::read_dir(user.path("cache/partial")).unwrap().count(), 0);
    }
    assert!(early >= 40 && partial > 0, "killed in time: {early}, partial downloads left: {partial}");
}

#[test]
fn an_interrupt_ends_it_at_once_and_leaves_no_half_entry() {
    let (user, shaped) = (User::new(), Shaped::new(11, 2_000_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let args = ["build", "function", "-r", "python3.12", "-q", &mirror, "-o", "oci:out:v1"];
    for line in ["manifests", "<config>", "<layer-1>"] {
        registry.log();
        registry.fault(line, 1, Fault::Stall(PATIENCE));
        let child = user.command(&args).stderr(Stdio::piped()).spawn().unwrap();
        registry.wait_for(line);
        let kill = pulling::helpers::program("kill", "apt-get install procps")
            .arg("-INT")
            .arg(child.id().to_string())
            .status();
        assert!(kill.unwrap().success());
        let (code, _, err) = said(child.wait_with_output().unwrap());
        assert_eq!(code, 130, "{err}");
        assert!(err.contains("interrupted"), "{err}");
        user.cache_is_sound();
        let hidden = fs::read_dir(user.dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let hidden: Vec<_> = hidden.filter(|name| name.to_string_lossy().starts_with('.')).collect();
        assert!(hidden.is_empty() && !user.path("out").exists(), "{hidden:?}");
    }
    user.run(&args);
    sound(&user.path("out"), "v1", Arch::X86_64);
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

#[test]
fn a_function_that_is_built_is_not_where_its_base_is() {
    let (user, shaped) = (User::new(), Shaped::new(31, 10_000, &[]));
    let registry = shaped.emulated();
    let mirror = mirror(&registry.host);
    let args = ["inspect", "./function", "-r", "python3.12", &mirror];
    let (shown, _) = user.run(&args);
    assert!(!shown.contains("ecr-"), "{shown}");
    let (object, _) = user.run(&[&args[..], &["--json"]].concat());
    assert!(object.contains("\"findings\"") && !object.contains("\"ecr-"), "{object}");
    // Of an image that is in a registry, the place is its own.
    let base = format!("public.ecr.aws/{PYTHON}@{}", shaped.digest(Arch::X86_64));
    let (object, _) = user.run(&["inspect", &base, &mirror, "--json"]);
    assert!(object.contains("\"ecr-private\""), "{object}");
}
