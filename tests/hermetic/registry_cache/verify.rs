//! `--registry-cache-verify`: what it compares, and that it does so again.

use serde_json::{Value, json};

use super::{build, config, entry, place, put, put_config, runs, writing};
use crate::harness::emulator::Emulator;

#[test]
fn all_that_an_entry_says_is_compared_also_with_what_is_in_the_local_cache() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let none = format!("--registry-cache {}/cache --registry-cache-verify all --dry-run", registry.host);
    let ran = build(&place, "none", &none);
    assert_eq!(ran.json()["registry_cache"]["verified"], json!({"entries": 0, "of": 0}));
    assert!(ran.stderr.contains("; nothing was verified, because no entry was found\n"), "{ran:?}");
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
