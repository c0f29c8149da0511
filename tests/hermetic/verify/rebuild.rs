//! `verify --rebuild`: the commit of the provenance is built again, and its digest decides.

use super::{REPOSITORY, Signed, pair};
use crate::harness::common::{Place, must};
use crate::harness::emulator::{Emulator, Quirk};
use crate::harness::suites::fleet::{commit, git};

const SETTINGS: &str = "[functions.orders]\nruntime = \"provided.al2023\"\nbase = \"embedded\"\nhandler = \"any\"\n\
                        path = \"fn\"\nallow = \"start-format\"\n";

/// A repository of git whose function is in a registry, with provenance that names its first commit.
fn built(signed: bool) -> (Place, Emulator, String) {
    let (place, registry) = (Place::new(), Emulator::start(&[Quirk::HasReferrers]));
    place.script("fn/bootstrap", "#!/bin/sh\n");
    place.write("lambda-img.toml", SETTINGS);
    place.write(".gitignore", "*.key\n*.pub\n");
    pair(&place, "release");
    git(&place, "init -q");
    commit(&place);
    let head = must(place.program("git").args(["rev-parse", "HEAD"])).stdout.trim().to_owned();
    let key = if signed { "--sign-key release.key" } else { "" };
    let mut build = place.tool(&format!(
        "build orders --push -t {}/{REPOSITORY}:v1 -q --attest provenance {key}",
        registry.host
    ));
    build.env("SOURCE_DATE_EPOCH", "1700000000").env("GITHUB_ACTIONS", "true").env("GITHUB_SHA", &head);
    build.envs([("GITHUB_SERVER_URL", "https://github.example"), ("GITHUB_REPOSITORY", "team/fn")]);
    must(&mut build);
    (place, registry, head)
}

fn verify(registry: &Emulator, more: &str) -> String {
    format!("verify {}/{REPOSITORY}:v1 {more}", registry.host)
}

#[test]
fn a_commit_that_gives_the_same_digest_is_verified_from_anywhere_in_its_history() {
    let (place, registry, head) = built(true);
    // The working tree is at the commit, and is built as it is.
    let ran = place.run(&verify(&registry, "--key release.pub --rebuild orders"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let line =
        format!("  verified      rebuild orders: the working tree at commit {head} gives the same digest\n");
    assert!(ran.stdout.contains(&line), "{}", ran.stdout);
    // Later commits do not matter, nor does what is not committed then: a checkout is built.
    place.script("fn/bootstrap", "#!/bin/sh\n# later\n");
    commit(&place);
    place.write("fn/scratch.txt", "not committed");
    let before = must(place.program("git").args(["status", "--porcelain"])).stdout;
    let ran = place.run(&verify(&registry, "--key release.pub --rebuild orders --json"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let verdict = ran.json();
    let requirement = verdict["requirements"].as_array().unwrap().last().unwrap();
    assert_eq!(requirement["reason"], format!("commit {head} gives the same digest"));
    assert_eq!(must(place.program("git").args(["status", "--porcelain"])).stdout, before);
    // A path means the same directory of the commit; the options of the build are those of its command line.
    let path = "--key release.pub --rebuild fn -r provided.al2023 -b embedded --handler any";
    assert_eq!(place.run(&verify(&registry, path)).code, Some(0));
}

#[test]
fn a_difference_names_both_digests_and_what_differs_first() {
    let (place, registry, head) = built(false);
    // Provenance that no key signed is enough to build again; with a key, only what it signed names a commit.
    let ran = place.run(&verify(&registry, "--rebuild orders"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = place.run(&verify(&registry, "--key release.pub --rebuild orders"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let none = "no provenance that counts names the commit";
    assert!(ran.stdout.contains(none), "{}", ran.stdout);
    // Likewise with a policy that has certificates alone: their signatures are not provenance.
    place.write(".git/authority.pem", include_str!("../../data/verify/authority.pem"));
    place.write(".git/policy.toml", "[certificates]\ncompany = \"authority.pem\"\n");
    let ran = place.run(&verify(&registry, "--policy .git/policy.toml --rebuild orders"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains(none), "{}", ran.stdout);
    // The image was built with something that the commit does not have.
    place.script("fn/bootstrap", "#!/bin/sh\n# sneaked in\n");
    let mut build = place
        .tool(&format!("build orders --push -t {}/{REPOSITORY}:v1 -q --attest provenance", registry.host));
    build.env("GITHUB_ACTIONS", "true").env("GITHUB_SHA", &head);
    build.envs([("GITHUB_SERVER_URL", "https://github.example"), ("GITHUB_REPOSITORY", "team/fn")]);
    let digest = must(&mut build).digest();
    git(&place, "checkout -q -- .");
    let ran = place.run(&verify(&registry, "--rebuild orders"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let line = format!("  not verified  rebuild orders: the working tree at commit {head} gives sha256:");
    assert!(ran.stdout.contains(&line), "{}", ran.stdout);
    assert!(ran.stdout.starts_with(&format!("{}/{REPOSITORY}@{digest}\n", registry.host)), "{}", ran.stdout);
    assert!(ran.stdout.contains("bootstrap"), "{}", ran.stdout);
}

#[test]
fn trees_and_commits_that_cannot_be_built_are_refused_by_name() {
    let (place, registry, head) = built(false);
    let rebuild = verify(&registry, "--rebuild orders");
    place.refuses(2, &verify(&registry, "--rebuild oci:out"), &["`oci:out` is an image"]);
    place.write("fn/scratch.txt", "not committed");
    let said =
        place.refuses(1, &rebuild, &["has changes that are not in it, first in `fn/scratch.txt`", &head]);
    assert!(said.contains("commit or stash"), "{said}");
    git(&place, "stash -q -u");
    // Another repository does not have the commit; and what is not a repository has none.
    let other = Place::new();
    other.write("lambda-img.toml", SETTINGS);
    other.refuses(2, &rebuild, &["`git rev-parse` failed", "a clone of the repository"]);
    git(&other, "init -q");
    other.refuses(1, &rebuild, &["which this repository does not have", "git fetch", &head]);
    // A directory that is younger than the commit.
    place.write("later/file", "x");
    commit(&place);
    let mut tool = place.tool(&rebuild);
    tool.current_dir(place.path("later"));
    place.refused(1, &mut tool, &["has no directory `later/`", &head]);
    // An image without provenance, and one that was not built by a CI system.
    let one = Signed::new(&[Quirk::HasReferrers], "");
    let ran = one.verify("--rebuild fn");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("no provenance that counts names the commit"), "{}", ran.stdout);
    let one = Signed::new(&[Quirk::HasReferrers], "--attest provenance");
    let ran = one.verify("--rebuild fn");
    assert!(ran.stdout.contains("the provenance names no commit"), "{}", ran.stdout);
}
