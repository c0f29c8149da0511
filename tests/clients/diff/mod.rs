//! Why two images have two digests: every cause planted alone and named, by tools that are not ours where they
//! can; what is read of images in registries; functions against images; hostile bytes.

use crate::harness::common;
mod image_causes;
mod layer_causes;
use crate::harness::layout;
mod remote;
mod told;

use std::fs;

use serde_json::Value;

use crate::harness::common::{Place, must};

/// The arguments of a layer whose history says nothing of when it was made.
const FIXED: [&str; 4] =
    ["--history.created", "2020-01-01T00:00:00Z", "--history.created_by", "a layer of a test"];

/// Makes the image `NAME:v1`: the sound one, with a layer that GNU tar makes of what a script leaves in `root`.
fn plant(place: &Place, name: &str, script: &str) {
    copy(place, "image", name);
    add(place, name, script);
}

/// Adds such a layer to the image `NAME:v1`.
fn add(place: &Place, name: &str, script: &str) {
    let _ = fs::remove_dir_all(place.path("root"));
    layout::tar(place, script);
    let image = format!("{name}:v1");
    must(place.program("umoci").args(["raw", "add-layer", "--image", &image]).args(FIXED).arg("layer.tar"));
}

fn copy(place: &Place, from: &str, to: &str) {
    must(place.program("cp").args(["-r", from, to]));
}

/// The object of `diff --json --files`, which keeps to its schema.
fn object(place: &Place, arguments: &str) -> Value {
    let ran = place.run(&format!("diff {arguments} --json --files"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    common::conforms(place, "docs/schemas/diff.json", &ran.stdout);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The names of all causes, and their sentences.
fn causes(object: &Value) -> (Vec<&str>, String) {
    let causes = object["causes"].as_array().unwrap();
    let ids = causes.iter().map(|cause| cause["id"].as_str().unwrap()).collect();
    let sentences: Vec<_> = causes.iter().map(|cause| cause["sentence"].as_str().unwrap()).collect();
    (ids, sentences.join("\n"))
}

/// Of the layer with that state, the only one: its object.
fn layer<'a>(object: &'a Value, state: &str) -> &'a Value {
    let layers = object["layers"].as_array().unwrap().iter();
    let found: Vec<_> = layers.filter(|layer| layer["state"] == state).collect();
    assert_eq!(found.len(), 1, "{object:#}");
    found[0]
}
