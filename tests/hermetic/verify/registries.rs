//! Registries that lie about evidence, have no list of it, or too long a list.

use serde_json::json;

use super::{MANIFEST, Signed, signed};
use crate::harness::emulator::{Emulator, Fault, Quirk};

#[test]
fn evidence_under_the_fallback_tag_counts_whatever_the_api_answers() {
    let one = Signed::new(&[], "--attest signature --sign-key release.key");
    let html = || b"<html>not found</html>".to_vec();
    for fault in [
        None,
        Some(Fault::Answer(405, Vec::new(), html())),
        Some(Fault::Answer(200, Vec::new(), html())),
        Some(Fault::Answer(400, Vec::new(), Vec::new())),
    ] {
        if let Some(fault) = fault {
            one.registry.fault("GET /v2/team/fn/referrers/", 1, fault);
        }
        let ran = one.verify("--key release.pub");
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    // A tag that is not a list.
    let tag = one.digest.replace(':', "-");
    let image = super::stored(&one.registry, &one.digest).to_string();
    one.registry.add_manifest("team/fn", &tag, MANIFEST, image.as_bytes());
    let ran = one.verify("--key release.pub");
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
    assert!(
        ran.stderr.contains("it should list the referrers of an image, but is not an index"),
        "{}",
        ran.stderr
    );
}

#[test]
fn lists_without_end_without_sense_and_from_elsewhere_are_no_verdict() {
    let one = Signed::new(&[Quirk::HasReferrers], "--attest signature --sign-key release.key");
    let page = |body: &str, link: &str| {
        Fault::Answer(200, vec![("link", link.to_owned())], body.as_bytes().to_vec())
    };
    let own = format!("</v2/team/fn/referrers/{}>; rel=\"next\"", one.digest);
    let empty = "{\"manifests\":[]}";
    for (fault, why) in [
        (page(empty, &own), "the list has no end"),
        (page(empty, "<https://other.example/x>; rel=\"next\""), "is at another server"),
        (page("{\"manifests\":[1]}", ""), "an entry of the list is not a descriptor"),
        (Fault::Answer(403, Vec::new(), Vec::new()), "403"),
    ] {
        one.registry.fault("GET /v2/team/fn/referrers/", 1, fault);
        let ran = one.verify("--key release.pub --retries 0");
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
        assert!(
            ran.stderr.contains("the evidence about") && ran.stderr.contains(why),
            "{why}: {}",
            ran.stderr
        );
    }
    assert_eq!(one.verify("--key release.pub").code, Some(0));
    // More bundles than are read, of which none is asked for.
    let entry = |at: usize| json!({ "mediaType": MANIFEST, "digest": format!("sha256:{at:064}"), "size": 2, "artifactType": super::BUNDLE });
    let list = json!({ "manifests": (0..101).map(entry).collect::<Vec<_>>() }).to_string();
    one.registry.fault("GET /v2/team/fn/referrers/", 1, page(&list, ""));
    one.registry.log();
    let ran = one.verify("--key release.pub");
    assert!(ran.stderr.contains("has 101 bundles, and at most 100 are read"), "{}", ran.stderr);
    assert!(!one.registry.log().iter().any(|line| line.contains("manifests/sha256:00")));
}

#[test]
fn the_tag_is_asked_for_once() {
    let one = Signed::new(&[Quirk::HasReferrers], "--attest signature --sign-key release.key");
    one.registry.log();
    let ran = one.verify("--key release.pub");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let log = one.registry.log();
    let tagged: Vec<_> = log.iter().filter(|line| line.contains("/manifests/v1")).collect();
    assert_eq!(tagged.len(), 1, "{log:#?}");
    // No layer of the image is read for it.
    let layer = super::stored(&one.registry, &one.digest)["layers"][0]["digest"].as_str().unwrap().to_owned();
    assert!(!log.iter().any(|line| line.contains(&layer)), "{log:#?}");
    // A statement that an older tool made, with in-toto's type of then.
    let mut statement = one.statement(&one.digest);
    statement["_type"] = "https://in-toto.io/Statement/v0.1".into();
    one.attach(signed(&statement, &one.other).to_string().as_bytes());
    let ran = one.verify("--key other.pub --attestation https://example.com/it");
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn evidence_follows_an_image_to_another_registry_and_stays_valid() {
    let one = Signed::new(&[Quirk::HasReferrers], "--attest sbom,signature --sign-key release.key");
    // An unsigned document of another tool.
    one.attach_as("application/spdx+json", &one.digest, b"{}");
    one.registry.add_blob("team/fn", b"{}");
    for quirks in [&[Quirk::HasReferrers][..], &[]] {
        let target = Emulator::start(quirks);
        let copy = format!("{}/copy/fn:v1", target.host);
        let push = |options: &str| {
            one.place.run(&format!("push {} {copy} --allow start-format {options}", one.image()))
        };
        let ran = push("");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(one.place.run(&format!("verify {copy} --key release.pub")).code, Some(1));
        let ran = push("--with-referrers");
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.stderr.matches("\nattached application/").count(), 3, "{}", ran.stderr);
        let ran = one.place.run(&format!("verify {copy} --key release.pub --attestation sbom,signature"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        // Again: nothing is sent.
        target.log();
        let ran = push("--with-referrers");
        assert_eq!(ran.stderr.matches("already attached application/").count(), 3, "{}", ran.stderr);
        assert!(!target.log().iter().any(|line| line.starts_with("PUT") || line.starts_with("POST")));
    }
    // What is not copied is told, and the image is there.
    let target = Emulator::start(&[Quirk::ManifestsWithSubjectAre405]);
    let push =
        format!("push {} {}/copy/fn:v1 --allow start-format --with-referrers", one.image(), target.host);
    let ran = one.place.run(&push);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("is published, but not all evidence about it is copied"), "{}", ran.stderr);
    one.place.refuses(
        2,
        "push oci:out r.example/fn:v1 --with-referrers",
        &["`oci:out` is not in a registry"],
    );
}
