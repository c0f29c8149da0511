//! Whatever manifest and configuration say, `inspect` and `diff` answer or refuse.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::common::{Place, cases, must};
use crate::harness::documents::json_of_images;
use crate::harness::layout;

/// Makes `image:v1` of these documents; the layers are the sound image's, where `whole`.
fn make(place: &Place, manifest: &Value, config: &Value, whole: bool) {
    let layers = place.unjudged("sound", "v1").manifest["layers"].clone();
    let (mut manifest, mut config) = (manifest.clone(), config.clone());
    if let (true, Some(manifest), Some(config)) = (whole, manifest.as_object_mut(), config.as_object_mut()) {
        manifest.insert("layers".to_owned(), layers);
        config.insert("rootfs".to_owned(), json!({}));
    }
    if let Some(manifest) = manifest.as_object_mut() {
        manifest.remove("manifests");
        let written = layout::put(place, "", &serde_json::to_vec(&config).unwrap());
        manifest.insert("config".to_owned(), written);
    }
    let descriptor = layout::put(place, "", &serde_json::to_vec(&manifest).unwrap());
    layout::point(place, descriptor);
}

#[test]
fn any_manifest_and_configuration_are_taken() {
    let place = layout::sound();
    must(place.program("cp").args(["-r", "image", "sound"]));
    let mut runner = TestRunner::new(cases("documents of images", 60));
    let documents = (json_of_images(), json_of_images(), any::<bool>());
    let taken = Cell::new(0);
    let held = runner.run(&documents, |(manifest, config, whole)| {
        make(&place, &manifest, &config, whole);
        for command in [
            "inspect oci:image:v1",
            "inspect oci:image:v1 --json --files",
            "diff oci:sound:v1 oci:image:v1",
            "diff oci:image:v1 oci:sound:v1 --json --files",
        ] {
            let ran = place.run(command);
            prop_assert!(matches!(ran.code, Some(0 | 1)), "{command}: {ran:?}");
            prop_assert!(!ran.stderr.contains("panicked"), "{ran:?}");
            taken.set(taken.get() + usize::from(ran.code == Some(0)));
        }
        Ok(())
    });
    held.unwrap();
    assert!(taken.get() > 20, "{taken:?} were taken");
}
