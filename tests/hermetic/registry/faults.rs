//! Registries that lie, drop, stall and ramble: each ends in a right result or in a message.

use std::io::Read;
use std::time::Duration;

use lambda_img::arch::Arch;
use lambda_img::digest::Digest;
use lambda_img::media_type::{OCI_INDEX, OCI_MANIFEST};

use super::{CONFIG, chain, image, reference, registries};
use crate::harness::common::PATIENCE;
use crate::harness::emulator::{Emulator, Fault};

const LAYER: &[u8] = b"the bytes of a layer";

/// A registry with one image, `f:v1`.
fn emulator() -> Emulator {
    let emulator = Emulator::start(&[]);
    let push = image(&[LAYER]);
    emulator.add_manifest("f", "v1", OCI_MANIFEST, &push.manifest);
    emulator.add_blob("f", CONFIG);
    emulator.add_blob("f", LAYER);
    for (bytes, name) in [(LAYER, "layer"), (CONFIG, "config"), (&push.manifest, "manifest")] {
        emulator.name(bytes, name);
    }
    emulator
}

fn manifest_error(emulator: &Emulator, name: &str) -> String {
    let error = registries().manifest(&reference(format!("{}/f{name}", emulator.host))).unwrap_err();
    chain(&error).replace(&emulator.host, "HOST")
}

fn blob(emulator: &Emulator) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let reference = reference(format!("{}/f", emulator.host));
    let mut reader = registries().blob(&reference, Digest::of(LAYER), 20).map_err(|error| chain(&error))?;
    reader.read_to_end(&mut bytes).map(|_| bytes).map_err(|error| error.to_string())
}

fn answer(status: u16, kind: &str, body: &str) -> Fault {
    Fault::Answer(status, vec![("content-type", kind.to_owned())], body.into())
}

#[test]
fn answers_that_are_no_manifests_say_what_they_are() {
    let digest = Digest::of(b"x");
    for (fault, expected) in [
        (answer(200, "text/html", "<html>login</html>"), "it is a page of HTML instead of a manifest"),
        (answer(200, OCI_MANIFEST, "hello"), "it is not the JSON of a manifest"),
        (answer(200, OCI_MANIFEST, "{}"), "it is JSON with neither `config` and `layers` nor `manifests`"),
        (answer(200, "application/json", r#"{"schemaVersion":1}"#), "schema 1"),
        (
            answer(200, "x", r#"{"mediaType":"application/vnd.evil\u001b[2J"}"#),
            "media type `application/vnd.evil [2J`",
        ),
        (answer(403, "text/html", "<html>"), "status 403: (a page of HTML instead of a registry's answer)"),
        (answer(418, "text/plain", "short\nand \u{1b}[1mstout"), "status 418: short and  [1mstout"),
        (
            answer(400, "application/json", r#"{"errors":[{"code":"UNSUPPORTED","message":"no"}]}"#),
            "status 400: UNSUPPORTED no",
        ),
        (answer(302, "x", "no location"), "status 302"),
        (Fault::Endless, "the answer is longer than 4194304 bytes"),
        (Fault::Answer(200, vec![("content-length", "4194305".into())], vec![]), "longer than 4194304 bytes"),
        (
            Fault::Answer(200, vec![("docker-content-digest", digest.to_string())], image(&[]).manifest),
            "by the registry's header",
        ),
    ] {
        let emulator = emulator();
        emulator.fault("manifests", 9, fault);
        let error = manifest_error(&emulator, ":v1");
        assert!(error.contains(expected) && error.contains("GET http://HOST/v2/f/manifests/v1"), "{error}");
        assert_eq!(emulator.log(), ["GET /v2/", "GET /v2/f/manifests/v1"]);
    }
}

#[test]
fn a_manifest_with_another_digest_is_refused() {
    let emulator = emulator();
    let digest = Digest::of(&image(&[LAYER]).manifest);
    emulator.fault("manifests", 1, Fault::Lie);
    let error = manifest_error(&emulator, &format!("@{digest}"));
    assert!(error.contains("the digest is sha256:"), "{error}");
    assert_eq!(
        manifest_error(&emulator, ":nope"),
        "`HOST/f:nope` does not exist: GET http://HOST/v2/f/manifests/nope: status 404: MANIFEST_UNKNOWN Requested image not found"
    );
}

#[test]
fn broken_downloads_go_on_where_they_broke() {
    let emulator = emulator();
    emulator.fault("blobs/<layer>", 1, Fault::Cut(7));
    assert_eq!(blob(&emulator).unwrap(), LAYER);
    assert_eq!(emulator.log()[1..], ["GET /v2/f/blobs/<layer>", "GET /v2/f/blobs/<layer> bytes=7-"]);
    // No ranges: all of it again, and the first bytes thrown away.
    emulator.fault("blobs/<layer>", 1, Fault::Cut(7));
    emulator.fault("bytes=7-", 1, Fault::Answer(200, vec![], LAYER.into()));
    assert_eq!(blob(&emulator).unwrap(), LAYER);
    // The wrong range.
    emulator.log();
    emulator.fault("blobs/<layer>", 1, Fault::Cut(7));
    emulator.fault(
        "bytes=7-",
        1,
        Fault::Answer(206, vec![("content-range", "bytes 3-19/20".into())], LAYER[3..].into()),
    );
    assert!(
        blob(&emulator).unwrap_err().contains("the registry was asked for bytes from 7, but sends others")
    );
}

#[test]
fn wrong_blobs_are_found_out() {
    let emulator = emulator();
    emulator.fault("blobs/<layer>", 1, Fault::Lie);
    assert!(blob(&emulator).unwrap_err().contains("the content has digest"));
    emulator.fault("blobs/<layer>", 1, Fault::Answer(200, vec![], b"short".into()));
    assert!(blob(&emulator).unwrap_err().contains("should have 20 bytes, but the registry sends 5"));
    emulator.fault("blobs/<layer>", 1, Fault::Endless);
    assert!(blob(&emulator).unwrap_err().contains("has at least"));
    emulator.fault("blobs/<layer>", 99, Fault::Cut(3));
    assert!(blob(&emulator).is_err());
    assert!(emulator.log().len() < 40);
}

#[test]
fn silence_and_hanging_up_are_tried_again_and_end() {
    let emulator = emulator();
    emulator.fault("manifests", 2, Fault::Drop);
    assert!(registries().manifest(&reference(format!("{}/f:v1", emulator.host))).is_ok());
    assert_eq!(emulator.log().len(), 4);
    emulator.fault("manifests", 9, Fault::Stall(PATIENCE));
    assert!(manifest_error(&emulator, ":v1").contains("no data arrived for 0.7 s"));
    assert_eq!(emulator.log().len(), 5);
}

#[test]
fn a_download_may_take_long_as_long_as_it_moves() {
    let emulator = emulator();
    // Five pieces, 0.4 s apart, are more than the 0.7 s in which something must move.
    emulator.fault("blobs", 1, Fault::Slow(Duration::from_millis(400)));
    assert_eq!(blob(&emulator).unwrap(), LAYER);
    let asked = emulator.log().iter().filter(|line| line.contains("blobs")).count();
    assert_eq!(asked, 1, "tried again");
}

#[test]
fn an_answer_that_drips_is_given_up_though_something_always_moves() {
    let (emulator, service) = (emulator(), Emulator::start(&[]));
    // Each byte comes in time; all of them would take most of a minute.
    let drip = || Fault::Drip(Duration::from_millis(100));
    emulator.fault("manifests", 9, drip());
    assert!(manifest_error(&emulator, ":v1").contains("bytes of the answer arrived in"));
    emulator.state().forget_faults();
    let ask = format!("Bearer realm=\"http://{}/v2/f/manifests/token\"", service.host);
    emulator.state().auth = Some(("Bearer t".into(), ask));
    let token = format!("{{\"token\":\"t\",\"x\":\"{}\"}}", "x".repeat(400));
    service.add_manifest("f", "token", "application/json", token.as_bytes());
    service.fault("token", 9, drip());
    let error = manifest_error(&emulator, ":v1");
    assert!(error.contains("/token?") && error.contains("bytes of the answer arrived in"), "{error}");
}

#[test]
fn a_stalled_upload_is_given_up_and_tried_in_a_new_session() {
    let emulator = emulator();
    emulator.fault("PATCH /v2/g/blobs/uploads/1", 1, Fault::Stall(Duration::from_secs(20)));
    let target = reference(format!("{}/g:v1", emulator.host));
    let pushed = registries().push(&image(&[b"new"]), &target, None).unwrap();
    assert_eq!(pushed.blobs.sent, 2);
    let log = emulator.log();
    assert!(log.contains(&"PATCH /v2/g/blobs/uploads/2 [3]".to_owned()), "{log:#?}");
}

#[test]
fn a_registry_that_is_not_there_is_named() {
    let error = registries().manifest(&reference("127.0.0.1:1/f:v1".into())).unwrap_err();
    assert!(chain(&error).starts_with("GET http://127.0.0.1:1/v2/: cannot connect: "), "{}", chain(&error));
}

#[test]
fn pushes_to_liars_fail() {
    let digest = Digest::of(b"x").to_string();
    for (line, fault, expected) in [
        (
            "PUT /v2/g/manifests",
            Fault::Answer(201, vec![("docker-content-digest", digest.clone())], vec![]),
            ", expected sha256:",
        ),
        (
            "PUT /v2/g/manifests",
            Fault::Answer(201, vec![], vec![]),
            "the registry accepted the manifest, but does not have it",
        ),
        (
            "PUT /v2/g/blobs",
            Fault::Answer(201, vec![("docker-content-digest", digest)], vec![]),
            ", expected sha256:",
        ),
        ("POST", Fault::Answer(202, vec![], vec![]), "no location to upload to"),
        (
            "POST",
            Fault::Answer(202, vec![("location", "http://registry.example/x".into())], vec![]),
            "plain HTTP is allowed only to loopback",
        ),
        (
            "PATCH",
            Fault::Answer(307, vec![("location", "http://10.0.0.1/x".into())], vec![]),
            "plain HTTP is allowed only to loopback",
        ),
        (
            "PUT /v2/g/blobs",
            answer(400, "application/json", r#"{"errors":[{"code":"DIGEST_INVALID","message":"bad"}]}"#),
            "status 400: DIGEST_INVALID bad",
        ),
    ] {
        let emulator = emulator();
        emulator.fault(line, 1, fault);
        let target = reference(format!("{}/g:v1", emulator.host));
        let error = chain(&registries().push(&image(&[LAYER]), &target, None).unwrap_err());
        assert!(error.contains(expected), "{line}: {error}");
    }
}

#[test]
fn indexes_lead_to_one_image_of_the_architecture() {
    let emulator = emulator();
    let push = image(&[LAYER]);
    let entry = |digest: Digest, size: usize, architecture: &str| {
        let os = if architecture == "unknown" { "unknown" } else { "linux" };
        serde_json::json!({"mediaType": OCI_MANIFEST, "digest": digest.to_string(), "size": size,
            "platform": {"os": os, "architecture": architecture}})
    };
    let right = entry(Digest::of(&push.manifest), push.manifest.len(), "amd64");
    let index = |entries: &[serde_json::Value]| {
        serde_json::json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
            .to_string()
            .into_bytes()
    };
    let attestation = entry(Digest::of(b"a"), 1, "unknown");
    let good = index(&[attestation.clone(), right.clone()]);
    let nested = index(&[entry(Digest::of(&good), good.len(), "amd64")]);
    let lying = index(&[entry(Digest::of(&push.manifest), 7, "amd64")]);
    for (tag, bytes) in [("good", &good), ("nested", &nested), ("lying", &lying)] {
        emulator.add_manifest("f", tag, OCI_INDEX, bytes);
    }
    let pull = |tag: &str, arch| registries().image(&reference(format!("{}/f:{tag}", emulator.host)), arch);
    let found = pull("good", Arch::X86_64).unwrap();
    assert_eq!((found.manifest.digest, found.index), (Digest::of(&push.manifest), Some(Digest::of(&good))));
    let error = |tag, arch| pull(tag, arch).unwrap_err().to_string();
    assert!(error("good", Arch::Arm64).ends_with("has no image for linux/arm64; it has linux/amd64"));
    assert!(error("v1", Arch::Arm64).ends_with("has no image for linux/arm64; it has linux/amd64"));
    assert!(error("nested", Arch::X86_64).ends_with("it is an index inside an index"));
    assert!(
        error("lying", Arch::X86_64)
            .ends_with(&format!("the index states 7 bytes, but it has {}", push.manifest.len()))
    );
}

#[test]
fn layers_stream_from_registry_to_registry_and_lies_on_the_way_are_not_published() {
    let (from, to) = (emulator(), Emulator::start(&[]));
    let registries = registries();
    let source = reference(format!("{}/f:v1", from.host));
    let target = reference(format!("{}/g:v1", to.host));
    let mut push = image(&[LAYER]);
    push.layers = vec![registries.source(&source, Digest::of(LAYER), 20)];
    from.fault("blobs/<layer>", 9, Fault::Lie);
    let error = chain(&registries.push(&push, &target, None).unwrap_err());
    assert!(error.contains("the content has digest") || error.contains("DIGEST_INVALID"), "{error}");
    assert!(to.state().manifests.is_empty() && to.state().blobs.is_empty());
    let from = emulator();
    let source = reference(format!("{}/f:v1", from.host));
    push.layers = vec![registries.source(&source, Digest::of(LAYER), 20)];
    from.fault("blobs/<layer>", 1, Fault::Cut(5));
    registries.push(&push, &target, None).unwrap();
    assert_eq!(from.log()[1..], ["GET /v2/f/blobs/<layer>", "GET /v2/f/blobs/<layer> bytes=5-"]);
    assert!(to.state().blobs.values().any(|bytes| bytes == LAYER));
}

#[test]
fn blobs_that_vanish_before_the_manifest_are_looked_for_again() {
    let emulator = Emulator::start(&[]);
    let lost = br#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
    emulator.fault("PUT /v2/f/manifests", 1, Fault::Answer(400, vec![], lost.to_vec()));
    let target = reference(format!("{}/f:v1", emulator.host));
    let pushed = registries().push(&image(&[LAYER]), &target, None).unwrap();
    assert_eq!((pushed.already, pushed.blobs.sent, pushed.blobs.present), (false, 2, 0));
    let log = emulator.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("PUT /v2/f/manifests")).count(), 2, "{log:#?}");
    assert_eq!(log.iter().filter(|line| line.starts_with("PATCH")).count(), 2, "{log:#?}");
}

#[test]
fn a_mount_that_comes_to_nothing_is_made_good() {
    let emulator = Emulator::start(&[]);
    emulator.name(LAYER, "layer");
    emulator.fault("?mount=<layer>", 9, Fault::Answer(201, vec![], vec![]));
    let lost = br#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
    emulator.fault("PUT /v2/f/manifests", 1, Fault::Answer(400, vec![], lost.to_vec()));
    let mut push = image(&[LAYER]);
    push.layers = vec![super::blob(LAYER, Some(reference(format!("{}/base:v1", emulator.host))))];
    let pushed = registries().push(&push, &reference(format!("{}/f:v1", emulator.host)), None).unwrap();
    assert_eq!((pushed.blobs.mounted, pushed.blobs.sent), (1, 2));
    assert!(emulator.state().blobs.contains_key(&("f".to_owned(), Digest::of(LAYER).to_string())));
    let log = emulator.log();
    assert_eq!(log.iter().filter(|line| line.contains("?mount=")).count(), 1, "{log:#?}");
}
