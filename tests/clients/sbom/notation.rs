//! Signatures of Notation that PyJWT made, with certificates of `cryptography`.

use std::fs;

use serde_json::json;

use super::{FUNCTION, function, judge};
use crate::harness::common::{must, run};
use crate::harness::emulator::{Emulator, Quirk};
use crate::harness::support::repository;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn of(bytes: &[u8]) -> String {
    lambda_img::digest::Digest::of(bytes).to_string()
}

/// An artifact about the image with this envelope, as Notation writes it.
fn attached(registry: &Emulator, digest: &str, kind: &str, envelope: &[u8]) -> String {
    registry.add_blob("team/fn", envelope);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/vnd.cncf.notary.signature",
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": of(b"{}"), "data": "e30=" },
        "layers": [{ "mediaType": kind, "digest": of(envelope), "size": envelope.len() }],
        "subject": { "mediaType": MANIFEST, "digest": digest, "size": 2 },
        "annotations": { "io.cncf.notary.x509chain.thumbprint#S256": "[]" },
    });
    let manifest = manifest.to_string();
    let name = of(manifest.as_bytes());
    registry.add_manifest("team/fn", &name, MANIFEST, manifest.as_bytes());
    name
}

#[test]
fn signatures_of_notation_count_if_their_chain_ends_at_a_certificate_of_the_policy() {
    let (place, registry) = (function(), Emulator::start(&[Quirk::HasReferrers]));
    let image = format!("{}/team/fn:v1", registry.host);
    let build = format!("build {FUNCTION} --allow start-format --push -t {image} -q");
    let digest = place.run(&build).digest();
    let mut make = judge("python3");
    make.current_dir(place.path("")).arg(repository("tests/data/verify/notation.py")).arg(&digest);
    must(&mut make);
    place.write("policy.toml", "attestations = [\"notation\"]\ncertificates = { release = \"root.pem\" }\n");
    let jws = "application/jose+json";
    let verify = format!("verify {image} --policy policy.toml");
    let detach = |name: String| registry.state().manifests.remove(&("team/fn".to_owned(), name));
    for good in ["good-es256", "good-es384", "good-ps256", "good-authority", "good-expiry"] {
        let name = attached(&registry, &digest, jws, &fs::read(place.path(&format!("{good}.json"))).unwrap());
        let ran = place.run(&verify);
        assert_eq!(ran.code, Some(0), "{good}: {ran:?}");
        assert!(ran.stdout.contains(&format!("signed by `release` in {name}")), "{}", ran.stdout);
        detach(name);
    }
    for (bad, why) in [
        ("other-image", "what is signed is a statement about another image"),
        ("stranger", "they do not lead to one of the policy"),
        ("expired-certificate", "its certificates do not count: one of them has expired"),
        ("backdated", "its certificates do not count: one of them has expired"),
        ("expired", "its signature expired at "),
        ("server", "one of them is not for code signing"),
        ("no-usage", "one of them is not for code signing"),
        ("early", "one of them is not valid yet"),
        ("critical", "its critical header `com.example.plugin` is not known"),
        ("not-critical", "a header that must be critical is not"),
        ("no-time", "its signing scheme and its signing time do not go together"),
        ("future", "its signing scheme and its signing time do not go together"),
        ("symmetric", "its algorithm `HS256` is not supported"),
        ("another-key", "the key of its certificate did not make its signature"),
        ("payload", "the key of its certificate did not make its signature"),
    ] {
        let name = attached(&registry, &digest, jws, &fs::read(place.path(&format!("{bad}.json"))).unwrap());
        let ran = place.run(&verify);
        assert_eq!(ran.code, Some(1), "{bad}: {ran:?}");
        assert!(
            ran.stdout.contains(&format!("  {name}: ")) && ran.stdout.contains(why),
            "{bad}: {}",
            ran.stdout
        );
        detach(name);
    }
    for (kind, bytes, why) in [
        ("application/cose", &b"x"[..], "in COSE, and only JWS is read"),
        (jws, b"{}", "it is not a signature of Notation: missing field"),
        (jws, &[b'['; 300], "it is not a signature of Notation: invalid type"),
    ] {
        let name = attached(&registry, &digest, kind, bytes);
        let ran = place.run(&verify);
        assert!(ran.code == Some(1) && ran.stdout.contains(why), "{why}: {ran:?}");
        detach(name);
    }
    // Each name of `signed-by` has to have signed; and what is no certificate is refused before anything is asked.
    attached(&registry, &digest, jws, &fs::read(place.path("good-es256.json")).unwrap());
    let both = "signed-by = [\"release\", \"stranger\"]\n[certificates]\nrelease = \"root.pem\"\nstranger = \"stranger.pem\"\n";
    place.write("policy.toml", both);
    let ran = place.run(&verify);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("  verified      signature release: "), "{}", ran.stdout);
    assert!(ran.stdout.contains("key `stranger` did not sign it"), "{}", ran.stdout);
    place.write("policy.toml", "certificates = { release = \"good-es256.json\" }\n");
    let ran = run(&mut place.tool(&verify));
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("it does not contain exactly one certificate in PEM"), "{}", ran.stderr);
}
