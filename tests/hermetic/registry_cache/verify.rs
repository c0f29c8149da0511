//! `--registry-cache-verify`: what it compares, and that it does so again.

use serde_json::{Value, json};

use super::{MANIFEST, build, config, entry, place, put, put_config, runs, writing};
use crate::harness::emulator::{Emulator, Fault};

#[test]
fn all_that_an_entry_says_is_compared_also_with_what_is_in_the_local_cache() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let none = format!("--registry-cache {}/cache --registry-cache-verify all --dry-run", registry.host);
    let ran = build(&place, "none", &none);
    assert_eq!(ran.json()["registry_cache"]["verified"], json!({"entries": 0, "of": 0}));
    let unverified = "warning: registry cache: nothing was verified, because no entry was found\n";
    assert!(ran.stderr.contains(unverified), "{ran:?}");
    assert_eq!(build(&place, "none", &format!("{none} -q")).stderr, unverified);
    let of_none = build(&place, "none", &none.replace("all", "0.01%"));
    assert!(of_none.stderr.contains("; no entry was in the share of 0.01%\n"), "{of_none:?}");
    assert!(!of_none.stderr.contains("nothing was verified"), "{of_none:?}");
    build(&place, "first", &writing(&registry));
    let (tag, manifest) = entry(&registry);
    let said = config(&registry, &manifest);
    // What was made here before is compared as it is.
    let verifying = format!("--registry-cache {}/cache --registry-cache-verify all --dry-run", registry.host);
    let ran = build(&place, "first", &verifying);
    assert_eq!(ran.json()["registry_cache"]["verified"], json!({"entries": 1, "of": 1}));
    assert!(ran.stderr.contains("; verified 1 of 1 entry\n"), "{ran:?}");

    let with = |place: &str, value: Value| {
        let mut said = said.clone();
        *said.pointer_mut(place).unwrap() = value;
        said
    };
    let renamed = with("/files/2/path", json!("var/task/lisa"));
    let mut unchecked = renamed.clone();
    unchecked["checks"] = Value::Null;
    let lies = [
        ("`/var/task/list`", renamed),
        ("`/var/task/list`", unchecked),
        ("checks see something else", with("/checks/facts", json!([[2, [{"Text": "lie"}]]]))),
        ("has other warnings", with("/warnings", json!(["lie"]))),
    ];
    let fails = |words: &str| {
        for _ in 0..2 {
            let ran = place.run(&format!("build api --cache-dir first {verifying}"));
            assert!(ran.code == Some(1) && ran.stderr.contains(words), "{words}: {ran:?}");
        }
    };
    for (words, lie) in &lies {
        put_config(&registry, &tag, &manifest, &lie.to_string());
        fails(words);
    }
    put(&registry, &tag, &manifest);
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
    registry.state().blobs.remove(&("cache".to_owned(), layer));
    fails("has a layer that the repository does not have");
    assert_eq!(runs(&place), 2);
}

#[test]
fn nothing_is_verified_without_a_cache() {
    let place = place();
    let refused = |options: &str| {
        let ran = place.run(&format!("build api --dry-run {options}"));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        let words = "`--registry-cache-verify` has no effect without `--registry-cache`";
        assert!(ran.stderr.contains(words), "{ran:?}");
    };
    refused("--registry-cache-verify all");
    refused("--registry-cache-verify all --registry-cache-write 127.0.0.1:1/cache");
    let settings = std::fs::read_to_string(place.path("lambda-img.toml")).unwrap();
    place.write("lambda-img.toml", format!("[defaults]\nregistry-cache-verify = \"5%\"\n\n{settings}"));
    refused("");
    assert_eq!(runs(&place), 0);
}

#[test]
fn what_is_not_compared_does_not_look_like_a_success() {
    let place = place();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = format!("build api --dry-run --registry-cache {closed}/cache --registry-cache-verify");
    for option in ["--no-cache", "--offline"] {
        let ran = place.run(&format!("{options} all {option}"));
        let words = format!("`--registry-cache-verify` compares nothing with `{option}`");
        assert!(ran.code == Some(2) && ran.stderr.contains(&words), "{ran:?}");
        assert_eq!(place.run(&format!("{options} 0% {option}")).code, Some(0));
    }
    // A registry that does not answer, before anything is compared and after.
    let registry = Emulator::start(&[]);
    build(&place, "first", &writing(&registry));
    let unverified = |options: &str| {
        let ran = place.run(&format!("{options} --cache-dir first"));
        assert!(ran.code == Some(1) && ran.stderr.contains("is not verified: "), "{ran:?}");
        ran
    };
    let silent = |options: &str| {
        let ran = unverified(options);
        assert!(ran.stderr.contains("hint: run the build again when the registry answers"), "{ran:?}");
    };
    let denied = |options: &str| {
        let ran = unverified(options);
        let command = format!("`lambda-img auth check {}/cache`", registry.host);
        assert!(ran.stderr.contains("hint: log in with ") && ran.stderr.contains(&command), "{ran:?}");
        assert!(!ran.stderr.contains("when the registry answers"), "{ran:?}");
    };
    silent(&format!("{options} all"));
    silent(&format!("{options} all --registry-cache {}/cache", registry.host));
    let options =
        format!("build api --dry-run --registry-cache {}/cache --registry-cache-verify all", registry.host);
    for line in ["GET /v2/cache/manifests/", "GET /v2/cache/blobs/"] {
        for answer in [403, 503] {
            registry.fault(line, usize::MAX / 2, Fault::Answer(answer, vec![], Vec::new()));
            if answer == 403 {
                denied(&options)
            } else {
                silent(&options)
            }
            registry.state().forget_faults();
        }
    }
}

#[test]
fn entries_of_all_repositories_are_compared() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let (tag, manifest) = entry(&registry);
    {
        let mut state = registry.state();
        let of_cache = state.blobs.iter().filter(|((repository, _), _)| repository == "cache");
        let copies: Vec<_> = of_cache
            .map(|((_, digest), bytes)| (("second".to_owned(), digest.clone()), bytes.clone()))
            .collect();
        state.blobs.extend(copies);
    }
    registry.add_manifest("second", &tag, MANIFEST, manifest.to_string().as_bytes());
    let verifying = |[one, other]: [&str; 2]| {
        format!(
            "build api --json --dry-run --cache-dir first --registry-cache {0}/{one} --registry-cache {0}/{other} \
             --registry-cache-verify all",
            registry.host
        )
    };
    let both = ["cache", "second"];
    let ran = place.run(&verifying(both));
    assert_eq!(ran.json()["registry_cache"]["verified"], json!({"entries": 2, "of": 2}), "{ran:?}");
    let mut lie = config(&registry, &manifest);
    lie["warnings"] = json!(["lie"]);
    put_config(&registry, &tag, &manifest, &lie.to_string());
    for order in [both, ["second", "cache"]] {
        let ran = place.run(&verifying(order));
        let at = format!("the entry `{tag}` of `{}/cache` has other warnings", registry.host);
        assert!(ran.code == Some(1) && ran.stderr.contains(&at), "{ran:?}");
        let command = format!("`lambda-img cache prune --registry {}/cache --entry {tag}`", registry.host);
        assert!(ran.stderr.contains(&command), "{ran:?}");
    }
    // The command of the hint.
    let ran = place.run(&format!("cache prune --registry {}/cache --entry {tag}", registry.host));
    assert!(ran.code == Some(0) && ran.stderr.starts_with("removed 1 entry ("), "{ran:?}");
    let ran = place.run(&verifying(both));
    assert_eq!(ran.json()["registry_cache"]["verified"], json!({"entries": 1, "of": 1}), "{ran:?}");
}

#[test]
fn a_damaged_entry_is_an_error_that_names_the_command_to_delete_it() {
    let (place, registry) = (place(), Emulator::start(&[]));
    build(&place, "first", &writing(&registry));
    let (tag, manifest) = entry(&registry);
    let mut larger = manifest.clone();
    let size = manifest["layers"][0]["size"].as_u64().unwrap();
    larger["layers"][0]["size"] = json!(size + 1);
    let options =
        format!("build api --dry-run --registry-cache {}/cache --registry-cache-verify all", registry.host);
    let command = format!("cache prune --registry {}/cache --entry {tag}", registry.host);
    for damaged in [larger.to_string(), "<html>".to_owned()] {
        registry.add_manifest("cache", &tag, MANIFEST, damaged.as_bytes());
        for machine in ["first", "second"] {
            let ran = place.run(&format!("{options} --cache-dir {machine}"));
            let damaged = format!("the entry `{tag}` of `{}/cache` is damaged: ", registry.host);
            assert!(ran.code == Some(1) && ran.stderr.contains(&damaged), "{ran:?}");
            assert!(ran.stderr.contains(&format!("`lambda-img {command}`")), "{ran:?}");
        }
    }
    put(&registry, &tag, &larger);
    registry.add_manifest("cache", "v1", MANIFEST, b"{}");
    assert_eq!(place.run(&command).code, Some(0));
    let gone = place.run(&command);
    assert!(gone.code == Some(1) && gone.stderr.contains(&format!("has the tag `{tag}`")), "{gone:?}");
}
