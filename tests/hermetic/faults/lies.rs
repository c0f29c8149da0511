//! Documents of registries that are whole, and say what cannot be.

use lambda_img::digest::Digest;
use lambda_img::media_type::{OCI_INDEX, OCI_MANIFEST};
use serde_json::{Value, json};

use super::Transcript;
use crate::harness::pulling::User;
use crate::harness::pulling::emulator::Emulator;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const EMPTY: &str =
    r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]},"config":{}}"#;

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len()})
}

/// A manifest with this configuration and these layers.
fn manifest(config: &Value, layers: &[Value]) -> Vec<u8> {
    let manifest = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers});
    manifest.to_string().into_bytes()
}

/// One with a layer that is this descriptor.
fn layer(changes: Value) -> Vec<u8> {
    let mut layer = descriptor(LAYER, b"layer");
    layer.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    manifest(&descriptor(CONFIG, EMPTY.as_bytes()), &[layer])
}

/// An index of entries for these architectures, all of the bytes of `child`, `size` bytes long.
fn index(architectures: impl Iterator<Item = String>, child: &[u8], size: usize) -> Vec<u8> {
    let mut entry = descriptor(OCI_MANIFEST, child);
    entry["size"] = size.into();
    let entry = |arch| {
        let mut entry = entry.clone();
        entry["platform"] = json!({"os": "linux", "architecture": arch});
        entry
    };
    let entries: Vec<_> = architectures.map(entry).collect();
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).to_string().into_bytes()
}

#[test]
fn documents() {
    let mut transcript = Transcript::new("documents.txt");
    let image = manifest(&descriptor(CONFIG, EMPTY.as_bytes()), &[]);
    let amd64 = || std::iter::once("amd64".to_owned());
    let mut config_of_5_mib = descriptor(CONFIG, b"config");
    config_of_5_mib["size"] = (5 << 20).into();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a layer of -1 bytes", layer(json!({"size": -1}))),
        ("a layer of more bytes than there are", layer(json!({"size": 1e21}))),
        ("a layer without a size", layer(json!({"size": null}))),
        ("a digest that is a path", layer(json!({"digest": "sha256:../../../etc/passwd"}))),
        ("a digest of another kind", layer(json!({"digest": format!("sha512:{}", "0".repeat(128))}))),
        ("a layer of no known type", layer(json!({"mediaType": "a\u{1b}[2J\nhint: b"}))),
        ("a layer kept elsewhere", {
            let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
            layer(json!({"mediaType": foreign, "urls": ["http://169.254.169.254/"]}))
        }),
        ("a configuration of 5 MiB", manifest(&config_of_5_mib, &[])),
        ("a manifest nested without end", "[".repeat(100_000).into_bytes()),
        ("an index of nothing", index(std::iter::empty(), b"", 0)),
        ("an index of null", json!({"mediaType": OCI_INDEX, "manifests": [null]}).to_string().into_bytes()),
        ("an index that states another size", index(amd64(), &image, 1)),
        ("an index of what is not there", index(amd64(), b"nothing", 7)),
        ("an index with words for the terminal", {
            index(["\u{1b}[2J\nhint: run me", "b"].map(str::to_owned).into_iter(), &image, image.len())
        }),
        ("an index for many", index((0..9000).map(|at| format!("a{at}")), &image, image.len())),
    ];
    let run = |transcript: &mut Transcript, what: &str, bytes: &[u8], config: &str| {
        let (user, registry) = (User::new(), Emulator::start(&[]));
        registry.add_manifest("f", "v1", OCI_MANIFEST, bytes);
        registry.add_manifest("f", "image", OCI_MANIFEST, &image);
        registry.add_blob("f", config.as_bytes());
        for (bytes, name) in [(bytes, "top"), (&image, "image"), (config.as_bytes(), "config")] {
            registry.name(bytes, name);
        }
        let base = format!("{}/f:v1", registry.host);
        let args = ["build", "function", "-q", "-r", "python3.12", "--retries", "0", "--base", &base];
        transcript.run(what, &user, &[(&registry, "HOST")], &args);
        user.cache_is_sound();
        assert!(!user.path("lambda-image").exists());
    };
    for (what, bytes) in &cases {
        run(&mut transcript, what, bytes, EMPTY);
    }
    let deep = "[".repeat(10_000);
    for (what, config) in [
        ("a configuration that is a list", "[]"),
        ("a configuration nested without end", deep.as_str()),
        ("a configuration without anything", "{}"),
        (
            "a configuration with words for the terminal",
            r#"{"os":"linux\u001b[2J\nhint: run me","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}"#,
        ),
        (
            "a configuration with another digest for a layer",
            r#"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:00"]}}"#,
        ),
    ] {
        run(&mut transcript, what, &manifest(&descriptor(CONFIG, config.as_bytes()), &[]), config);
    }
    assert!(!transcript.text.contains('\u{1b}'));
    transcript.check();
}
