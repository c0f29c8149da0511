//! Ways to cheat: none of them is verified, and each is refused by name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_img::digest::Digest;
use lambda_img::sign::{STATEMENT_TYPE, Signer, encoded};
use serde_json::{Value, json};

use super::{BUNDLE, MANIFEST, Signed, artifact, bundle, signed};
use crate::harness::emulator::{Fault, Quirk};

/// Bundles that are attached to the image one at a time, and why each does not count.
fn bundles(one: &Signed) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let (right, elsewhere) = (one.statement(&one.digest), format!("sha256:{}", "0".repeat(64)));
    let good = signed(&right, &one.release);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value = good.clone();
        change(&mut value);
        value.to_string().into_bytes()
    };
    let with = |change: &dyn Fn(&mut Value)| {
        let mut statement = right.clone();
        change(&mut statement);
        signed(&statement, &one.release).to_string().into_bytes()
    };
    let payload = right.to_string().into_bytes();
    let over = |message: &[u8], kind: &str| {
        bundle(kind, &payload, &one.release.sign(message).unwrap()).to_string().into_bytes()
    };
    let other_type = "application/vnd.example+json";
    let digest =
        |value: Value| with(&move |it| it["subject"] = json!([{ "name": "image", "digest": value }]));
    let hex = one.digest.strip_prefix("sha256:").unwrap();
    let key = "no key of the policy made its signature";
    let another = "a statement about another image";
    let text = good.to_string();
    let nested = right
        .to_string()
        .replace("\"predicate\":{}", &format!("\"predicate\":{}1{}", "[".repeat(200), "]".repeat(200)));
    let signature = one.release.sign(&encoded(STATEMENT_TYPE, nested.as_bytes())).unwrap();
    let deep = bundle(STATEMENT_TYPE, nested.as_bytes(), &signature).to_string().into_bytes();
    vec![
        (
            "the right key over another digest",
            signed(&one.statement(&elsewhere), &one.release).to_string().into(),
            another,
        ),
        ("another key over the right digest", signed(&right, &one.other).to_string().into(), key),
        (
            "the right key's name over another key's signature",
            {
                let mut forged = signed(&right, &one.other);
                forged["verificationMaterial"]["publicKey"]["hint"] =
                    one.release.public_key().fingerprint().into();
                forged["dsseEnvelope"]["signatures"][0]["keyid"] =
                    one.release.public_key().fingerprint().into();
                forged.to_string().into()
            },
            key,
        ),
        (
            "the payload swapped under a good signature",
            changed(&|it| {
                let payload = one.statement(&one.digest).to_string().replace("example.com", "example.org");
                it["dsseEnvelope"]["payload"] = STANDARD.encode(payload).into();
            }),
            key,
        ),
        (
            "the type of the payload changed after signing",
            changed(&|it| it["dsseEnvelope"]["payloadType"] = other_type.into()),
            key,
        ),
        (
            "another type of payload, signed",
            over(&encoded(other_type, &payload), other_type),
            "has the type `application/vnd.example+json`",
        ),
        ("a signature over the bare payload", over(&payload, STATEMENT_TYPE), key),
        (
            "a signature over lengths that lie",
            over(&[b"DSSEv1 28 application/vnd.in-toto+json 1 ", &payload[..]].concat(), STATEMENT_TYPE),
            key,
        ),
        ("an empty signature", changed(&|it| it["dsseEnvelope"]["signatures"][0]["sig"] = "".into()), key),
        (
            "no signature",
            changed(&|it| it["dsseEnvelope"]["signatures"] = json!([])),
            "it has 0 signatures instead of one",
        ),
        (
            "a good signature beside another",
            changed(&|it| {
                let sig = it["dsseEnvelope"]["signatures"][0].clone();
                it["dsseEnvelope"]["signatures"] = json!([sig, sig]);
            }),
            "it has 2 signatures instead of one",
        ),
        (
            "a certificate beside the key",
            changed(&|it| it["verificationMaterial"]["certificate"] = json!({ "rawBytes": "" })),
            "cannot be verified: it is signed with a certificate",
        ),
        (
            "a certificate chain of an older bundle",
            changed(&|it| {
                it["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1".into();
                it["verificationMaterial"] = json!({ "x509CertificateChain": { "certificates": [] } });
            }),
            "cannot be verified: it is signed with a certificate",
        ),
        (
            "nothing to verify with",
            changed(&|it| it["verificationMaterial"] = json!({})),
            "neither a key nor a certificate",
        ),
        (
            "a signature over a message",
            changed(&|it| it["messageSignature"] = json!({ "signature": "" })),
            "it signs a message and not a statement",
        ),
        (
            "a version that is not known",
            changed(&|it| it["mediaType"] = "application/vnd.dev.sigstore.bundle.v9+json".into()),
            "of an unknown version",
        ),
        ("a bundle that is cut off", text.as_bytes()[..text.len() / 2].to_vec(), "it is not a bundle: EOF"),
        (
            "a bundle that is nested deeply",
            format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into(),
            "it is not a bundle",
        ),
        (
            "a deep key of a bundle",
            format!("{{\"x\":{}1{}}}", "{\"a\":".repeat(5000), "}".repeat(5000)).into(),
            "missing field `mediaType`",
        ),
        ("a statement that is nested deeply", deep, "is not a statement: recursion limit exceeded"),
        (
            "a key that stands twice",
            text.replacen('{', "{\"mediaType\":\"x\",", 1).into(),
            "duplicate field `mediaType`",
        ),
        ("not JSON", b"<html>".to_vec(), "it is not a bundle"),
        (
            "a payload that is not Base64",
            changed(&|it| it["dsseEnvelope"]["payload"] = "%".into()),
            "its payload is not Base64",
        ),
        (
            "a statement of an unknown type",
            with(&|it| it["_type"] = "https://in-toto.io/Statement/v9".into()),
            "is not a statement: its type is",
        ),
        ("a statement without subjects", with(&|it| it["subject"] = json!([])), another),
        ("a statement that is not one", with(&|it| *it = json!([1])), "is not a statement"),
        ("the digest as that of another algorithm", digest(json!({ "sha512": hex })), another),
        (
            "the digest as a name",
            with(&|it| it["subject"] = json!([{ "name": one.digest, "digest": {} }])),
            another,
        ),
        ("the digest with its algorithm", digest(json!({ "sha256": one.digest })), another),
    ]
}

#[test]
fn no_forged_bundle_is_verified_and_each_is_refused_by_name() {
    let one = Signed::new(&[Quirk::HasReferrers], "");
    for (what, bytes, why) in bundles(&one) {
        let artifact = one.attach(&bytes);
        let ran = one.verify("--key release.pub");
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        let ignored = ran.stdout.lines().find(|line| line.contains(&format!("  {artifact}: ")));
        assert!(ignored.is_some_and(|line| line.contains(why)), "{what}: {why}: {}", ran.stdout);
        assert!(
            ran.stdout.contains("  not verified  signature any key: no key of the policy signed it"),
            "{}",
            ran.stdout
        );
        one.detach(&artifact);
    }
    // What all of these were made from is good, whatever stands beside it.
    let good = signed(&one.statement(&one.digest), &one.release).to_string();
    one.attach(b"<html>");
    one.attach(good.as_bytes());
    assert_eq!(one.verify("--key release.pub").code, Some(0));
}

#[test]
fn artifacts_that_are_not_what_they_seem_do_not_count() {
    let one = Signed::new(&[Quirk::HasReferrers], "");
    let good = signed(&one.statement(&one.digest), &one.release).to_string().into_bytes();
    let layer = |size: u64, digest: &str| json!({ "mediaType": BUNDLE, "size": size, "digest": digest });
    let its = Digest::of(&good).to_string();
    one.registry.add_blob("team/fn", &good);
    let real = layer(good.len() as u64, &its);
    let missing = format!("sha256:{}", "1".repeat(64));
    let other_type = json!({ "mediaType": "text/plain", "size": good.len(), "digest": its });
    let statement = "application/vnd.in-toto+json";
    for (what, manifest, why) in [
        ("two layers", artifact(BUNDLE, &one.digest, &[real.clone(), real.clone()]), "exactly one layer"),
        ("no layer", artifact(BUNDLE, &one.digest, &[]), "exactly one layer"),
        ("a layer of another type", artifact(BUNDLE, &one.digest, &[other_type]), "exactly one layer"),
        (
            "an enormous layer",
            artifact(BUNDLE, &one.digest, &[layer(1 << 40, &its)]),
            "it has 1099511627776 bytes, and at most 33554432 are read",
        ),
        (
            "a layer that is not there",
            artifact(BUNDLE, &one.digest, &[layer(9, &missing)]),
            "the registry does not have it as listed",
        ),
        (
            "a size that lies",
            artifact(BUNDLE, &one.digest, &[layer(9, &its)]),
            "the registry does not have it as listed",
        ),
        (
            "a document that is not signed",
            artifact(statement, &one.digest, std::slice::from_ref(&real)),
            "it is not signed",
        ),
        (
            "a signature of Notation",
            artifact("application/vnd.cncf.notary.signature", &one.digest, std::slice::from_ref(&real)),
            "it is a signature of Notation, and the policy has no certificates",
        ),
    ] {
        let digest = one.attach_manifest(&manifest);
        let ran = one.verify("--key release.pub");
        assert_eq!(ran.code, Some(1), "{what}: {ran:?}");
        assert!(
            ran.stdout.contains(&format!("  {digest}: ")) && ran.stdout.contains(why),
            "{what}: {}",
            ran.stdout
        );
        one.detach(&digest);
    }
    // A list that has the evidence of another image, though a good statement is in it.
    let elsewhere = format!("sha256:{}", "0".repeat(64));
    let manifest = artifact(BUNDLE, &elsewhere, std::slice::from_ref(&real));
    let digest = one.attach_manifest(&manifest);
    let entry = json!({ "mediaType": MANIFEST, "digest": digest, "size": manifest.to_string().len(), "artifactType": BUNDLE });
    let list = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string();
    one.registry.fault("GET /v2/team/fn/referrers/", 1, Fault::Answer(200, Vec::new(), list.into_bytes()));
    let ran = one.verify("--key release.pub");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("it refers to another image"), "{}", ran.stdout);
    // Bytes that are not those of the digest.
    let digest = one.attach_manifest(&artifact(BUNDLE, &one.digest, &[real]));
    for line in [format!("GET /v2/team/fn/manifests/{digest}"), format!("GET /v2/team/fn/blobs/{its}")] {
        one.registry.fault(&line, 9, Fault::Lie);
        let ran = one.verify("--key release.pub --retries 0");
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stdout.contains("the registry does not have it as listed"), "{ran:?}");
        one.registry.state().forget_faults();
    }
    assert_eq!(one.verify("--key release.pub").code, Some(0));
}
