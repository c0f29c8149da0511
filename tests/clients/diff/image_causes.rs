//! Causes of the image as a whole.

use serde_json::{Value, json};

use super::{add, causes, copy, layout, object};
use crate::harness::common::{Place, must};

const BUILD: &str = "build fn -r provided.al2023 --handler any";

/// Runs a build, with a time.
fn build(place: &Place, options: &str, time: &str) {
    let mut tool = place.tool(&format!("{BUILD} {options}"));
    must(tool.env("SOURCE_DATE_EPOCH", time));
}

fn found(place: &Place, arguments: &str) -> (Vec<String>, String, Value) {
    let object = object(place, arguments);
    let (ids, sentences) = causes(&object);
    (ids.into_iter().map(str::to_owned).collect(), sentences, object)
}

/// Changes manifest and configuration of `image:v1`, and calls it `name`.
fn changed(place: &Place, name: &str, change: impl FnOnce(&mut Value, &mut Value)) {
    copy(place, "image", "kept");
    layout::change(place, change);
    must(place.program("mv").args(["image", name]));
    must(place.program("mv").args(["kept", "image"]));
}

#[test]
fn another_epoch_is_one() {
    let place = layout::function();
    build(&place, "-b scratch --entrypoint /var/runtime/bootstrap -o oci:a:v1", "1000000000");
    build(&place, "-b scratch --entrypoint /var/runtime/bootstrap -o oci:b:v1", "1500000000");
    let (ids, sentences, object) = found(&place, "oci:a:v1 oci:b:v1");
    assert_eq!(ids, ["created", "times", "times"]);
    assert!(
        sentences.starts_with("created 2001-09-09T01:46:40Z in A, 2017-07-14T02:40:00Z in B"),
        "{sentences}"
    );
    let fields: Vec<_> =
        object["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap()).collect();
    let created = "annotations.org.opencontainers.image.created";
    assert_eq!(fields, [created, "created", "history[*].created"]);
}

#[test]
fn another_architecture_is_one() {
    let place = layout::function();
    // A script is for both; nothing of the base would run it.
    place.script("fn/bootstrap", "#!/bin/sh\n");
    build(&place, "-b scratch --allow start-format --entrypoint /var/runtime/bootstrap -o oci:a:v1", "1");
    build(
        &place,
        "-b scratch --allow start-format --entrypoint /var/runtime/bootstrap -a arm64 -o oci:b:v1",
        "1",
    );
    let (ids, sentences, _) = found(&place, "oci:a:v1 oci:b:v1");
    assert_eq!(ids, ["platform", "documents"]);
    assert!(sentences.contains("A is for linux/amd64, B for linux/arm64"), "{sentences}");
}

#[test]
fn another_base_is_one() {
    let place = layout::sound();
    changed(&place, "base", |_, config| config["history"] = Value::Null);
    changed(&place, "moved", |_, config| {
        config["history"] = Value::Null;
        config["config"]["Labels"] = json!({ "patched": "yes" });
    });
    build(&place, "-b oci:base:v1 -o oci:a:v1", "1");
    build(&place, "-b oci:moved:v1 -o oci:b:v1", "1");
    let (ids, sentences, object) = found(&place, "oci:a:v1 oci:b:v1");
    assert_eq!(ids, ["base", "documents"]);
    assert!(sentences.contains("the bases differ: sha256:"), "{sentences}");
    let fields = object["fields"].as_array().unwrap();
    assert!(fields.iter().any(|field| field["path"] == "config.Labels.patched" && field["b"] == "yes"));

    // One that has a layer of its own, too.
    copy(&place, "base", "third");
    add(&place, "third", "echo 1 > root/var/task/of-base; pack var");
    build(&place, "-b oci:third:v1 -o oci:c:v1", "1");
    let (ids, _, object) = found(&place, "oci:a:v1 oci:c:v1");
    assert_eq!(ids, ["base"]);
    let only: Vec<_> =
        object["layers"].as_array().unwrap().iter().filter(|layer| layer["a"].is_null()).collect();
    assert_eq!((only.len(), &only[0]["b"]["of_base"], &only[0]["added"]), (1, &true.into(), &3.into()));
    // The files of bases are for who asks for all.
    let text = |options: &str| place.run(&format!("diff oci:a:v1 oci:c:v1 {options}")).stdout;
    assert!(text("").contains("only in B: 3 entries") && !text("").contains("of-base"), "{}", text(""));
    assert!(text("--files").contains("+ /var/task/of-base  2 B"));
}

#[test]
fn documents_alone_may_differ() {
    let place = layout::sound();
    changed(&place, "format", |manifest, _| {
        manifest["annotations"]["dev.lambda-img.layer-format"] = json!("1");
    });
    let (ids, sentences, _) = found(&place, "oci:image:v1 oci:format:v1");
    assert_eq!(ids, ["layer-format", "documents"]);
    assert!(sentences.starts_with("the layer formats differ: 2 in A, 1 in B"), "{sentences}");

    changed(&place, "named", |manifest, _| {
        manifest["annotations"]["org.opencontainers.image.base.name"] = json!("a.example/b:c");
    });
    assert_eq!(found(&place, "oci:image:v1 oci:named:v1").0, ["documents"]);
    changed(&place, "renamed", |manifest, _| {
        manifest["annotations"]["org.opencontainers.image.base.name"] = json!("b.example/b:c");
    });
    assert_eq!(found(&place, "oci:renamed:v1 oci:named:v1").0, ["base-name", "documents"]);

    changed(&place, "label", |_, config| config["config"]["Labels"] = json!({ "a": "b" }));
    let (ids, sentences, _) = found(&place, "oci:image:v1 oci:label:v1");
    assert_eq!(ids, ["documents"]);
    assert!(sentences.contains("only the manifest or the configuration differs"), "{sentences}");

    // The same documents, with spaces.
    let stored = place.unjudged("image", "v1");
    copy(&place, "image", "spaces");
    must(place.program("mv").args(["image", "kept"]));
    must(place.program("mv").args(["spaces", "image"]));
    let bytes = serde_json::to_vec_pretty(&stored.manifest).unwrap();
    let descriptor = layout::put(&place, stored.manifest["mediaType"].as_str().unwrap(), &bytes);
    layout::point(&place, descriptor);
    let (ids, sentences, _) = found(&place, "oci:kept:v1 oci:image:v1");
    assert_eq!(ids, ["documents"]);
    assert!(sentences.contains("the order of keys or the spaces differ"), "{sentences}");
}

#[test]
fn files_may_be_cut_into_layers_otherwise() {
    let place = layout::sound();
    let files = "echo 1 > root/var/task/one; echo 2 > root/var/task/two";
    copy(&place, "image", "a");
    add(&place, "a", &format!("{files}; pack --mtime=@1 var"));
    copy(&place, "image", "b");
    add(&place, "b", &format!("{files}; rm root/var/task/two; pack --mtime=@1 var"));
    add(&place, "b", &format!("{files}; rm root/var/task/one; pack --mtime=@1 var"));
    let (ids, sentences, _) = found(&place, "oci:a:v1 oci:b:v1");
    assert_eq!(ids, ["split"]);
    assert!(sentences.contains("split into layers differently"), "{sentences}");
    // With other times beside.
    copy(&place, "image", "c");
    add(&place, "c", &format!("{files}; pack --mtime=@2 var"));
    let (ids, sentences, _) = found(&place, "oci:c:v1 oci:b:v1");
    assert_eq!(ids, ["split"]);
    assert!(sentences.ends_with("split into layers differently; times differ"), "{sentences}");
    add(&place, "b", "echo 3 > root/var/task/three; pack --mtime=@1 var");
    assert_eq!(found(&place, "oci:a:v1 oci:b:v1").0, [""; 0]);
}

#[test]
fn layers_may_lie_in_another_order() {
    let place = layout::sound();
    let (one, two) =
        ("echo 1 > root/var/task/1; pack --mtime=@1 var", "echo 2 > root/var/task/2; pack --mtime=@1 var");
    for (name, scripts) in [("a", [one, two]), ("b", [two, one])] {
        copy(&place, "image", name);
        scripts.iter().for_each(|script| add(&place, name, script));
    }
    assert_eq!(found(&place, "oci:a:v1 oci:b:v1").0, ["layer-order"]);
}

#[test]
fn another_tool_is_one() {
    let place = layout::function();
    build(
        &place,
        "-b scratch --single-layer --entrypoint /var/runtime/bootstrap --workdir /var/task -o oci:ours:v1",
        "1",
    );
    let buildah = "set -eu; c=$(buildah --storage-driver vfs from scratch); \
                   buildah --storage-driver vfs copy -q $c fn /var/task; \
                   buildah --storage-driver vfs config --entrypoint '[\"/var/runtime/bootstrap\"]' --workingdir /var/task $c; \
                   buildah --storage-driver vfs commit -q --rm $c oci:theirs:v1";
    must(place.program("bash").args(["-c", buildah]));
    let (ids, sentences, _) = found(&place, "oci:ours:v1 oci:theirs:v1");
    assert_eq!(ids, ["tool", "created"]);
    assert!(sentences.contains("A was made by lambda-img, B by another tool"), "{sentences}");
    assert!(found(&place, "oci:theirs:v1 oci:ours:v1").1.contains("B was made by lambda-img"));
}
