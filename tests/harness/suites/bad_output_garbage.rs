//! What the tests of `bad_output_garbage` share, whichever binary they are in.

use super::super::common::{Place, blob, blob_json, json_at, noise};
use super::bad_output::BUILD;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self};
use std::path::Path;

/// A function with something of its own in it, which does not compress.
pub fn function(place: &Place, seed: u64) {
    place.write("fn/noise", noise(300_000, seed));
}

pub fn build(place: &Place, seed: u64, outputs: &str) -> String {
    function(place, seed);
    place.run(&format!("{BUILD} {outputs}")).digests()[0].clone()
}

pub fn blobs(layout: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(layout.join("blobs/sha256")).unwrap();
    names.map(|entry| format!("sha256:{}", entry.unwrap().file_name().into_string().unwrap())).collect()
}

/// The blobs of an image.
pub fn parts(layout: &Path, manifest: &str) -> BTreeSet<String> {
    let document = blob_json(layout, manifest);
    let digest = |descriptor: &Value| descriptor["digest"].as_str().unwrap().to_owned();
    let layers = document["layers"].as_array().unwrap().iter().map(digest);
    layers.chain([digest(&document["config"]), manifest.to_owned()]).collect()
}

/// Adds an entry to the index.
pub fn list(layout: &Path, entry: Value) {
    let path = layout.join("index.json");
    let mut index = json_at(&path);
    index["manifests"].as_array_mut().unwrap().push(entry);
    fs::write(path, index.to_string()).unwrap();
}

pub fn entry(layout: &Path, kind: &str, digest: &str, tag: Option<&str>) -> Value {
    let size = fs::metadata(blob(layout, digest)).unwrap().len();
    let kind = format!("application/vnd.oci.image.{kind}.v1+json");
    let mut entry = json!({ "mediaType": kind, "digest": digest, "size": size });
    if let Some(tag) = tag {
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    }
    entry
}
