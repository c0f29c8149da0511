//! Images in layouts, made sound by the tool and changed by others or by hand.

use std::fs::{self, File};
use std::sync::Arc;

use lambda_img::check::{Document, ImageView, LayerView};
use lambda_img::digest::Digest;
use lambda_img::survey::{Survey, probes};
use serde_json::{Value, json};

use super::common::{self, Place, must};

pub const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// A static program for x86_64 (machine 62) or arm64 (183): an ELF header, one segment, and code that
/// nobody runs here.
pub fn program(machine: u16) -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    elf.extend(2_u16.to_le_bytes()); // an executable
    elf.extend(machine.to_le_bytes());
    elf.extend(1_u32.to_le_bytes());
    elf.extend(0x40_0078_u64.to_le_bytes()); // entry
    elf.extend(64_u64.to_le_bytes()); // program headers
    elf.extend(0_u64.to_le_bytes()); // no sections
    elf.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, 1, 64, 0, 0] {
        elf.extend(half.to_le_bytes());
    }
    elf.extend(1_u32.to_le_bytes()); // PT_LOAD
    elf.extend(5_u32.to_le_bytes());
    for word in [0_u64, 0x40_0000, 0x40_0000, 124, 124, 4096] {
        elf.extend(word.to_le_bytes());
    }
    elf.extend([0x0f, 0x0b, 0x0f, 0x0b]);
    elf
}

/// A function that fails no check, in `fn`.
pub fn function() -> Place {
    let place = Place::new();
    place.script("fn/bootstrap", program(62));
    place.write("fn/app.txt", "app");
    place.dir("out");
    place
}

/// The function, and its image `image:v1`, which passes every check.
pub fn sound() -> Place {
    let place = function();
    place.run("build fn -r provided.al2023 -b embedded --handler any -o oci:image:v1").digest();
    place
}

/// The sound image as checks see it.
pub fn seen(place: &Place) -> ImageView {
    let stored = place.unjudged("image", "v1");
    let document =
        |digest: &str| Document::new(fs::read(common::blob(&stored.layout, digest)).unwrap().into());
    let layer = |descriptor: &Value| {
        let blob = common::blob(&stored.layout, descriptor["digest"].as_str().unwrap());
        let survey = Survey::read(File::open(blob).unwrap(), probes::ALL).unwrap();
        LayerView { descriptor: descriptor.clone(), of_base: false, survey: Ok(Arc::new(survey)) }
    };
    ImageView {
        manifest: Some(document(&stored.digest)),
        config: document(stored.manifest["config"]["digest"].as_str().unwrap()),
        layers: stored.manifest["layers"].as_array().unwrap().iter().map(layer).collect(),
        ..ImageView::default()
    }
}

/// The configuration of `seen`, changed.
pub fn with_config(seen: &mut ImageView, change: impl FnOnce(&mut Value)) {
    change(&mut seen.config.value);
    let bytes: Arc<[u8]> = serde_json::to_vec(&seen.config.value).unwrap().into();
    let mut manifest = seen.manifest.take().unwrap().value;
    manifest["config"]["digest"] = Digest::of(&bytes).to_string().into();
    manifest["config"]["size"] = bytes.len().into();
    seen.manifest = Some(Document::new(serde_json::to_vec(&manifest).unwrap().into()));
    seen.config = Document::new(bytes);
}

/// Puts a blob into the layout `image`: its descriptor.
pub fn put(place: &Place, media_type: &str, bytes: &[u8]) -> Value {
    let digest = Digest::of(bytes).to_string();
    fs::write(common::blob(&place.path("image"), &digest), bytes).unwrap();
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

/// Makes `descriptor` what `image:v1` is.
pub fn point(place: &Place, mut descriptor: Value) {
    descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": "v1" });
    let index = json!({ "schemaVersion": 2, "manifests": [descriptor] });
    fs::write(place.path("image/index.json"), index.to_string()).unwrap();
}

/// Changes the manifest and the configuration of `image:v1`.
pub fn change(place: &Place, change: impl FnOnce(&mut Value, &mut Value)) {
    let stored = place.unjudged("image", "v1");
    let (mut manifest, mut config) = (stored.manifest, stored.config);
    change(&mut manifest, &mut config);
    let written = put(place, "", &serde_json::to_vec(&config).unwrap());
    // Its media type is the manifest's to say.
    for key in ["digest", "size"] {
        manifest["config"][key] = written[key].clone();
    }
    let media_type = manifest["mediaType"].as_str().unwrap_or_default().to_owned();
    let descriptor = put(place, &media_type, &serde_json::to_vec(&manifest).unwrap());
    point(place, descriptor);
}

/// Adds a layer of these stored bytes on top, whose tar is `tar`.
pub fn add_blob(place: &Place, media_type: &str, stored: &[u8], tar: &[u8]) {
    let layer = put(place, media_type, stored);
    change(place, |manifest, config| {
        manifest["layers"].as_array_mut().unwrap().push(layer);
        let diff_ids = config["rootfs"]["diff_ids"].as_array_mut().unwrap();
        diff_ids.push(Digest::of(tar).to_string().into());
        config["history"].as_array_mut().unwrap().push(json!({ "created_by": "a test" }));
    });
}

/// Makes `layer.tar` with GNU tar from what a script leaves in the directory `root`, and has umoci add it to
/// `image:v1`. `script` runs in the place, with a function `pack OPTIONS NAMES`.
pub fn add_layer(place: &Place, script: &str) -> String {
    tar(place, script);
    must(place.program("umoci").args(["raw", "add-layer", "--image", "image:v1", "layer.tar"]));
    "oci:image:v1".to_owned()
}

/// The layer alone, as `layer.tar`.
pub fn tar(place: &Place, script: &str) -> Vec<u8> {
    let pack = "pack() { tar --owner=0 --group=0 --sort=name -C root -cf layer.tar \"$@\"; }";
    let script = format!("set -eu; umask 022; {pack}; mkdir -p root/var/task; {script}");
    must(place.program("bash").args(["-c", &script]));
    fs::read(place.path("layer.tar")).unwrap()
}

/// Compresses with the host's gzip.
pub fn gzip(place: &Place, bytes: &[u8]) -> Vec<u8> {
    let path = place.write("to-compress", bytes);
    must(place.program("gzip").arg("-kf").arg(&path));
    fs::read(place.path("to-compress.gz")).unwrap()
}

/// Has umoci change the configuration of `image:v1`.
pub fn umoci_config(place: &Place, arguments: &[&str]) -> String {
    must(place.program("umoci").args(["config", "--image", "image:v1"]).args(arguments));
    "oci:image:v1".to_owned()
}
