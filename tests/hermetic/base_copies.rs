//! Copies of pinned bases in a repository of one's own: made by `base sync`, read by builds.

use std::fs;

use lambda_img::arch::Arch;
use lambda_img::digest::Digest;
use serde_json::Value;

use crate::harness::emulator::{Emulator, Fault, Quirk};
use crate::harness::pulling::{PYTHON, Shaped, TAG, User, mirror};

/// A mirror that answers nothing: what is read from there fails.
const UNREACHABLE: &str = "--registry-mirror=public.ecr.aws=127.0.0.1:1";
const BUILD: [&str; 6] = ["build", "function", "-r", "python3.12", "--locked", "--retries=0"];

/// A user with a lock file of both architectures, and the registry that the bases are in.
fn pinned() -> (User, Shaped, Emulator) {
    let (user, shaped) = (User::new(), Shaped::new(3, 10_000, &[]));
    let upstream = shaped.emulated();
    shaped.put(&upstream, PYTHON, "3.12-arm64", Arch::Arm64);
    user.run(&["base", "lock", "-q", "-r", "python3.12", &mirror(&upstream.host)]);
    (user, shaped, upstream)
}

/// The option, and the repository.
fn copies(registry: &Emulator) -> [String; 2] {
    [format!("--base-repository={}/bases", registry.host), format!("{}/bases", registry.host)]
}

fn sync(user: &User, upstream: &Emulator, option: &str) -> Value {
    let (out, _) = user.run(&["base", "sync", "--json", option, &mirror(&upstream.host)]);
    serde_json::from_str(&out).unwrap()
}

/// The requests that changed something.
fn writes(log: &[String]) -> Vec<&String> {
    log.iter().filter(|line| !line.starts_with("GET") && !line.starts_with("HEAD")).collect()
}

/// A user who has the same files and an empty cache.
fn other_machine(user: &User) {
    fs::remove_dir_all(user.path("cache")).unwrap();
}

#[test]
fn bases_are_copied_once_and_read_and_mounted_from_there() {
    let (user, shaped, upstream) = pinned();
    let registry = Emulator::start(&[Quirk::TagsAreImmutable]);
    let [option, repository] = copies(&registry);
    let digest = |arch: Arch| shaped.digest(arch);
    let alone = user.build(&[&mirror(&upstream.host), "--dry-run"]);
    other_machine(&user);

    let said = sync(&user, &upstream, &option);
    assert_eq!(said["repository"], *repository);
    for (at, arch) in [Arch::X86_64, Arch::Arm64].into_iter().enumerate() {
        let (base, digest) = (&said["bases"][at], digest(arch));
        assert!(base["digest"] == *digest && base["architecture"] == *arch.to_string(), "{said}");
        let tag = format!("base-python3.12-{arch}-{}", &digest["sha256:".len()..][..12]);
        assert_eq!(base["copy"]["tags"], serde_json::json!([tag]));
        assert_eq!(base["copy"]["already_published"], false);
        // Byte for byte what was pinned.
        let copied = registry.state().manifests[&("bases".to_owned(), tag)].1.clone();
        assert_eq!(copied, shaped.blob(&digest));
    }
    registry.log();
    upstream.log();

    // The second time nothing is sent, and the bases' own registry is not asked.
    other_machine(&user);
    let said = sync(&user, &upstream, &option);
    assert!(said["bases"].as_array().unwrap().iter().all(|base| base["copy"]["already_published"] == true));
    let log = registry.log();
    assert!(writes(&log).is_empty(), "{log:#?}");
    assert_eq!(upstream.log(), [""; 0]);

    // A fresh machine builds without the bases' own registry: the same image, its layers mounted.
    other_machine(&user);
    let target = format!("{}/fn:v1", registry.host);
    let (out, err) = user.run(&[&BUILD[..], &[&option, UNREACHABLE, "--push", "-t", &target]].concat());
    assert!(out.contains(&alone) && !err.contains("warning"), "{out}{err}");
    let log = registry.log();
    let manifest = shaped.manifest(Arch::X86_64);
    let layers = manifest["layers"].as_array().unwrap();
    let mounts = log.iter().filter(|line| line.contains("from=bases"));
    assert_eq!(mounts.count(), layers.len(), "{log:#?}");
    let fetched = log.iter().filter(|line| line.contains("GET /v2/bases/blobs/"));
    assert_eq!(fetched.count(), 1, "only the configuration is fetched: {log:#?}");
    // `pull` and `verify` read the copies, too.
    for command in ["pull", "verify"] {
        other_machine(&user);
        user.run(&["base", command, "-q", &option, UNREACHABLE]);
    }
}

#[test]
fn a_copy_that_cannot_be_read_is_told_and_the_base_comes_from_its_own_registry() {
    let (user, shaped, upstream) = pinned();
    let registry = Emulator::start(&[]);
    let [option, repository] = copies(&registry);
    let mirror = mirror(&upstream.host);
    let build = [&BUILD[..], &[&option, &mirror, "-o", "oci:out:v1"]].concat();
    let alone = user.build(&[&mirror, "--dry-run"]);
    let name = format!("public.ecr.aws/{PYTHON}:{TAG}@{}", shaped.digest(Arch::X86_64));
    let told = |why: &str| {
        other_machine(&user);
        let _ = fs::remove_dir_all(user.path("out"));
        let (out, err) = user.run(&build);
        let warnings: Vec<_> = err.lines().filter(|line| line.starts_with("warning")).collect();
        assert!(out.contains(&alone) && warnings.len() == 1 && warnings[0].contains(why), "{out}{err}");
    };
    told(&format!("`{repository}` does not have `{name}`, which is read from its own registry"));
    sync(&user, &upstream, &option);
    let denied = || Fault::Answer(403, vec![], b"{\"errors\":[{\"code\":\"DENIED\"}]}".to_vec());
    registry.fault("/v2/bases/", 9, denied());
    told(&format!("`{repository}` cannot be read, so bases are read from their own registries: "));
    registry.state().forget_faults();
    registry.fault("/v2/bases/manifests/", 9, Fault::Lie);
    told(&format!("`{repository}@{}` cannot be read", shaped.digest(Arch::X86_64)));
    registry.state().forget_faults();
    // The manifest is there, and a layer is not.
    let layer = shaped.manifest(Arch::X86_64)["layers"][1]["digest"].as_str().unwrap().to_owned();
    registry.state().blobs.remove(&("bases".to_owned(), layer));
    told("cannot be read");
    // A registry that is not there at all.
    other_machine(&user);
    let (_, err) = user.run(&[&BUILD[..], &["--base-repository=127.0.0.1:1/bases", &mirror]].concat());
    assert!(err.contains("`127.0.0.1:1/bases` cannot be read"), "{err}");
}

#[test]
fn the_tag_of_a_copy_never_moves() {
    let (user, shaped, upstream) = pinned();
    let registry = Emulator::start(&[]);
    let [option, repository] = copies(&registry);
    let hex = shaped.digest(Arch::Arm64)["sha256:".len()..].to_owned();
    let tag = format!("base-python3.12-arm64-{}", &hex[..12]);
    let (kind, other) = ("application/vnd.oci.image.manifest.v1+json", br#"{"config": {}, "layers": []}"#);
    registry.add_manifest("bases", &tag, kind, other);
    registry.log();
    let sync = ["base", "sync", "-a", "arm64", &option, &mirror(&upstream.host)];
    let err = user.fail(1, &sync);
    let says = format!("tag `{repository}:{tag}` points to {}, not to the pinned base", Digest::of(other));
    assert!(err.contains(&says) && err.contains("hint: tags of copies never move"), "{err}");
    // Also where a registry knows no HEAD.
    let no_head = || Fault::Answer(405, vec![], vec![]);
    registry.fault("HEAD /v2/bases/manifests/", 9, no_head());
    let err = user.fail(1, &sync);
    assert!(err.contains(&says), "{err}");
    registry.state().forget_faults();
    let log = registry.log();
    assert!(writes(&log).is_empty(), "{log:#?}");
    let stays =
        |registry: &Emulator| registry.state().manifests[&("bases".to_owned(), tag.clone())].1.clone();
    assert_eq!(stays(&registry), other);
    // The hint helps.
    registry.state().manifests.clear();
    user.run(&sync);
    assert_eq!(stays(&registry), shaped.blob(&shaped.digest(Arch::Arm64)));
}

#[test]
fn without_a_lock_file_the_next_step_is_to_pin() {
    let user = User::new();
    for (words, ids) in [
        (&["sync", "--base-repository=127.0.0.1:1/bases"][..], "ID"),
        (&["update", "-r", "python3.12"], "python3.12"),
    ] {
        let err = user.fail(2, &[&["base"], words].concat());
        let hint = format!("hint: pin one with `lambda-img base lock --runtime {ids}`");
        assert!(err.contains("no base is pinned") && err.contains(&hint), "{err}");
    }
    let err = user.fail(2, &["base", "sync", "--base-repository=registry.example"]);
    assert!(err.contains("has no repository: write registry.example/REPOSITORY"), "{err}");
    let (help, _) = user.run(&["base", "sync", "--help"]);
    assert!(help.contains("Copy them to this repository") && !help.contains("Read pinned bases"), "{help}");
}

#[test]
fn only_pinned_bases_are_looked_for_among_the_copies() {
    let (user, shaped, upstream) = pinned();
    let registry = Emulator::start(&[]);
    let [option, _] = copies(&registry);
    let base = format!("{}/{PYTHON}@{}", upstream.host, shaped.digest(Arch::X86_64));
    user.build(&[&option, "--base", &base, "--dry-run"]);
    fs::remove_file(user.path("lambda-img.lock")).unwrap();
    user.build(&[&option, &mirror(&upstream.host), "--dry-run"]);
    assert_eq!(registry.log(), [""; 0]);
}

#[test]
fn the_repository_comes_from_the_option_the_variable_or_the_file() {
    let (user, shaped, upstream) = pinned();
    let registry = Emulator::start(&[Quirk::RepositoryMustExist]);
    registry.state().repositories.extend(["bases", "file", "variable"].map(str::to_owned));
    let [option, repository] = copies(&registry);
    let mirror = mirror(&upstream.host);
    let err = user.fail(2, &["base", "sync", &mirror]);
    assert!(err.contains("no repository is given") && err.contains("--base-repository"), "{err}");
    let err = user.fail(2, &["base", "sync", &format!("{option}:tag"), &mirror]);
    assert!(err.contains("without a tag"), "{err}");
    let err = user.fail(2, &["base", "sync", &option, "--offline"]);
    assert!(err.contains("`base sync` needs the network"), "{err}");
    let err = user.fail(1, &["base", "sync", &option, "-r", "python3.13", &mirror]);
    assert!(err.contains("`python3.13` for x86_64 is not pinned"), "{err}");

    let settings = format!("[defaults]\nbase-repository = \"{}/file\"\n", registry.host);
    fs::write(user.path("lambda-img.toml"), settings).unwrap();
    let one = ["base", "sync", "-q", "-r", "python3.12", "-a", "x86_64", &mirror];
    let digest = shaped.digest(Arch::X86_64);
    assert_eq!(user.run(&one).0, format!("{}/file@{digest}\n", registry.host));
    let mut variable = user.command(&one);
    variable.env("LAMBDA_IMG_BASE_REPOSITORY", format!("{}/variable", registry.host));
    let out = String::from_utf8(variable.output().unwrap().stdout).unwrap();
    assert_eq!(out, format!("{}/variable@{digest}\n", registry.host));
    assert_eq!(user.run(&[&one[..], &[&option]].concat()).0, format!("{repository}@{digest}\n"));
    // The file's is the builds' repository.
    other_machine(&user);
    user.build(&[UNREACHABLE, "--retries=0", "--dry-run"]);

    // A repository that does not exist is not made without being asked.
    let missing = format!("--base-repository={}/missing", registry.host);
    let err = user.fail(1, &["base", "sync", &missing, &mirror]);
    assert!(err.contains("repository `missing` does not exist"), "{err}");
}

#[test]
fn a_base_that_its_registry_no_longer_has_is_read_from_the_copy() {
    let (user, shaped, upstream) = pinned();
    let registry = Emulator::start(&[]);
    let [option, _] = copies(&registry);
    sync(&user, &upstream, &option);
    upstream.state().manifests.clear();
    other_machine(&user);
    sync(&user, &upstream, &option);
    user.build(&[&option, &mirror(&upstream.host), "--dry-run"]);
    other_machine(&user);
    let other = Emulator::start(&[]);
    let err = user.fail(1, &["base", "sync", &copies(&other)[0], &mirror(&upstream.host)]);
    let gone = format!("is pinned to {}, which its registry no longer has", shaped.digest(Arch::X86_64));
    assert!(err.contains(&gone) && err.contains("lambda-img base update"), "{err}");
}
