//! Bases from registries: Debian's docker-registry filled by skopeo, and an emulator whose log is exact.

use crate::harness::common::PATIENCE;
use crate::harness::pulling;
use crate::harness::pulling::emulator::{Emulator, Fault};
use crate::harness::pulling::{PYTHON, Shaped, User, mirror, said, sound};
use crate::harness::suites::pull_kills::*;
use lambda_img::arch::Arch;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

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
    while !line.contains("waiting for another process that writes to `") {
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
    for (line, words) in
        [("manifests", "digest"), ("<config>", "expected sha256:"), ("<layer-1>", "expected sha256:")]
    {
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
        said.contains("cannot fetch blob") && said.contains("hint: try again: the next try continues"),
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
