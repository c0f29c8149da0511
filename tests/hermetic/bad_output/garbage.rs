//! A layout holds what its index refers to, and what others put there: nothing that a tag left behind.

use super::BUILD;
use crate::harness::common::{Place, blob, blob_json, hash, json_at, must, noise, snapshot};
use crate::harness::suites::bad_output_garbage::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

const FORMAT: &str = "dev.lambda-img.layer-format";

/// The blobs of all images in the index.
fn referred(layout: &Path) -> BTreeSet<String> {
    let index = json_at(&layout.join("index.json"));
    let entries = index["manifests"].as_array().unwrap().iter();
    let images = entries.filter(|entry| entry["mediaType"].as_str().unwrap().contains("manifest"));
    images.flat_map(|entry| parts(layout, entry["digest"].as_str().unwrap())).collect()
}

/// A blob that is not ours, put where it belongs.
fn add(layout: &Path, document: &Value) -> String {
    let bytes = document.to_string();
    let file = layout.join("new");
    fs::write(&file, &bytes).unwrap();
    let digest = hash(&file).to_string();
    fs::rename(&file, blob(layout, &digest)).unwrap();
    digest
}

#[test]
fn a_layout_does_not_grow_when_its_tag_moves() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    for seed in 1..=3 {
        let digest = build(&place, seed, "-o oci:out/image");
        assert_eq!(place.image("out/image", "latest").digest, digest);
        assert_eq!(blobs(&layout), referred(&layout), "build {seed}");
    }
    // What a plan would replace stays.
    function(&place, 4);
    let before = snapshot(&layout);
    place.run(&format!("{BUILD} -o oci:out/image --dry-run"));
    assert_eq!(snapshot(&layout), before);
    // Of several architectures, each has a tag that moves.
    for seed in [5, 6] {
        function(&place, seed);
        place.run(&format!("{BUILD} -a x86_64,arm64 -o oci:out/image:both")).digests();
        assert_eq!(blobs(&layout), referred(&layout), "build {seed}");
    }
}

#[test]
fn what_another_entry_refers_to_stays() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    let first = build(&place, 1, "-o oci:out/image:a -o oci:out/image:b");
    build(&place, 2, "-o oci:out/image:a");
    assert_eq!(place.image("out/image", "b").digest, first);
    // Of a third, only an index without a tag knows; the layer that it shares with `b` is needed twice.
    let nested = place.image("out/image", "a").digest;
    let inner = json!({ "schemaVersion": 2, "manifests": [entry(&layout, "manifest", &nested, None)] });
    let inner = add(&layout, &inner);
    let outer = json!({ "schemaVersion": 2, "manifests": [entry(&layout, "index", &inner, None)] });
    let outer = add(&layout, &outer);
    list(&layout, entry(&layout, "index", &outer, None));
    let kept = parts(&layout, &nested);
    build(&place, 3, "-o oci:out/image:a -o oci:out/image:b");
    let expected: BTreeSet<_> = kept.into_iter().chain([inner, outer]).chain(referred(&layout)).collect();
    assert_eq!(blobs(&layout), expected);
    assert!(!expected.contains(&first));
}

#[test]
fn what_other_tools_made_stays() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    let ours = build(&place, 1, "-o oci:out/image:ours");
    let mut foreign = blob_json(&layout, &ours);
    foreign["annotations"].as_object_mut().unwrap().remove(FORMAT).unwrap();
    let foreign = add(&layout, &foreign);
    list(&layout, entry(&layout, "manifest", &foreign, Some("theirs")));
    let loose = add(&layout, &json!({ "loose": true }));
    build(&place, 2, "-o oci:out/image:ours -o oci:out/image:theirs");
    let there = blobs(&layout);
    assert!(there.contains(&foreign) && there.contains(&loose));
    assert!(parts(&layout, &foreign).iter().all(|part| there.contains(part)));
    // Only the manifest was ours.
    assert!(!there.contains(&ours));
}

#[test]
fn what_came_since_the_build_began_stays() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    let old = build(&place, 1, "-o oci:out/image");
    must(Command::new("touch").args(["-d", "tomorrow"]).arg(blob(&layout, &old)));
    build(&place, 2, "-o oci:out/image");
    assert!(parts(&layout, &old).iter().all(|part| blob(&layout, part).is_file()));
}

#[test]
fn nothing_goes_where_an_entry_cannot_be_read() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    let old = build(&place, 1, "-o oci:out/image");
    let text = add(&layout, &json!({ "manifests": [] }));
    fs::write(blob(&layout, &text), "something else").unwrap();
    list(&layout, entry(&layout, "index", &text, Some("damaged")));
    build(&place, 2, "-o oci:out/image");
    assert!(parts(&layout, &old).iter().all(|part| blob(&layout, part).is_file()));
}

#[test]
fn nothing_goes_where_a_digest_is_of_a_kind_that_is_not_known() {
    let upper = format!("sha256:{}", "AB".repeat(32));
    for unknown in [format!("sha512:{}", "ab".repeat(64)), upper] {
        for nested in [false, true] {
            let place = Place::with_function();
            let layout = place.path("out/image");
            let old = build(&place, 1, "-o oci:out/image");
            let mut named = entry(&layout, "manifest", &old, Some("keep"));
            named["digest"] = json!(unknown);
            if nested {
                let index = add(&layout, &json!({ "schemaVersion": 2, "manifests": [named] }));
                named = entry(&layout, "index", &index, Some("keep"));
            }
            list(&layout, named);
            build(&place, 2, "-o oci:out/image");
            assert!(parts(&layout, &old).is_subset(&blobs(&layout)), "{unknown} {nested}");
        }
    }
}

#[test]
fn an_image_stays_that_is_also_named_as_something_else() {
    for turned in [false, true] {
        let place = Place::with_function();
        let layout = place.path("out/image");
        let old = build(&place, 1, "-o oci:out/image");
        let mut other = entry(&layout, "manifest", &old, Some("zz"));
        other["mediaType"] = json!("application/vnd.example.attest+json");
        let mut both = [entry(&layout, "manifest", &old, Some("keep")), other];
        if turned {
            both.reverse();
        }
        both.into_iter().for_each(|one| list(&layout, one));
        build(&place, 2, "-o oci:out/image");
        assert!(parts(&layout, &old).is_subset(&blobs(&layout)), "{turned}");
    }
}

#[test]
fn nothing_goes_while_an_image_of_the_layout_is_read() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    let old = build(&place, 1, "-o oci:out/image");
    // As `push`, `check`, `inspect` and `diff` hold it.
    let reader = File::open(layout.join("oci-layout")).unwrap();
    reader.lock_shared().unwrap();
    build(&place, 2, "-o oci:out/image");
    assert!(parts(&layout, &old).iter().all(|part| blob(&layout, part).is_file()));
}

#[test]
fn builds_that_move_the_tags_of_one_layout_leave_whole_images() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    build(&place, 0, "-o oci:out/image:0");
    for at in 0..4_u64 {
        must(place.program("cp").args(["-r", "fn", &format!("fn{at}")]));
    }
    for round in 0..4 {
        // Two of them want one tag, and all have a layer in common with others.
        let start = |at: u64| {
            place.write(&format!("fn{at}/noise"), noise(200_000, round * 2 + at % 2 + 10));
            let build = BUILD.replace("fn ", &format!("fn{at} "));
            place.tool(&format!("{build} -o oci:out/image:{}", at % 3)).spawn().unwrap()
        };
        let children: Vec<_> = (0..4).map(start).collect();
        assert!(children.into_iter().all(|mut child| child.wait().unwrap().success()));
        for tag in ["0", "1", "2"] {
            place.image("out/image", tag);
        }
        assert!(referred(&layout).is_subset(&blobs(&layout)));
    }
}

#[test]
fn an_index_that_would_be_too_large_to_read_is_refused_before_it_is_written() {
    let place = Place::with_function();
    let layout = place.path("out/image");
    build(&place, 1, "-o oci:out/image:kept");
    let path = layout.join("index.json");
    let mut index = json_at(&path);
    let mut entry = index["manifests"][0].clone();
    // Up to a few bytes below the limit.
    let all = index["manifests"].as_array_mut().unwrap();
    for number in 0..(4 << 20) / (entry.to_string().len() + 6) {
        entry["annotations"]["org.opencontainers.image.ref.name"] = json!(format!("t{number:05}"));
        all.push(entry.clone());
    }
    let text = index.to_string();
    assert!(text.len() < 4 << 20 && text.len() > (4 << 20) - 200_000, "{}", text.len());
    let filler = "x".repeat((4 << 20) - text.len() - 100);
    index["annotations"] = json!({ "filler": filler });
    fs::write(&path, index.to_string()).unwrap();
    let words = ["`out/image/index.json` would grow to ", "at most 4194304", "hint: remove tags", "umoci gc"];
    place.refuses(1, &format!("{BUILD} -o oci:out/image:new"), &words);
    place.refuses(1, &format!("{BUILD} -o oci:out/new -o oci:out/image:new"), &words);
    // One more of a tag that is there has room.
    build(&place, 2, "-o oci:out/image:kept");
    fs::write(&path, vec![b' '; (4 << 20) + 1]).unwrap();
    place.refuses(1, &format!("{BUILD} -o oci:out/image:new"), &words);
}
