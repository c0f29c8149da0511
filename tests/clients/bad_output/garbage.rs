//! A layout holds what its index refers to, and what others put there: nothing that a tag left behind.

use crate::harness::common::{Place, blob, hash, must};
use crate::harness::suites::bad_output_garbage::*;
use serde_json::json;
use std::fs::{self};

#[test]
fn what_documents_of_unknown_types_refer_to_stays() {
    let base64 = |place: &Place, text: &str| {
        place.write("text", text);
        must(place.program("base64").args(["-w0", "text"])).stdout
    };
    for (key, pretty) in [("manifests", false), ("layers", true), ("blobs", false), ("data", false)] {
        let place = Place::with_function();
        let layout = place.path("out/image");
        let old = build(&place, 1, "-o oci:out/image");
        let of = [entry(&layout, "manifest", &old, None)];
        let kind = "application/vnd.example.bundle+json";
        let mut listed = if key == "data" {
            // The document is in its descriptor, and nowhere else.
            let inner = json!({ "manifests": of }).to_string();
            json!({ "digest": format!("sha256:{}", "ab".repeat(32)), "size": inner.len(), "data": base64(&place, &inner) })
        } else {
            let space = if pretty { " ".repeat(20_000) } else { String::new() };
            let text = format!("{space}{}", json!({ key: of }));
            let file = layout.join("new");
            fs::write(&file, text).unwrap();
            let digest = hash(&file).to_string();
            fs::rename(&file, blob(&layout, &digest)).unwrap();
            entry(&layout, "manifest", &digest, Some("keep"))
        };
        listed["mediaType"] = json!(kind);
        list(&layout, listed);
        build(&place, 2, "-o oci:out/image");
        assert!(parts(&layout, &old).is_subset(&blobs(&layout)), "{key}");
    }
}
