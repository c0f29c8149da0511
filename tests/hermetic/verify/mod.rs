//! Signed evidence: made, verified, and refused by name where something is wrong with it.

mod cheats;
mod policies;
mod rebuild;
mod registries;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_img::digest::Digest;
use lambda_img::sign::{PrivateKey, STATEMENT_TYPE, Signer, encoded};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};

use crate::harness::common::{Place, Ran};
use crate::harness::emulator::{Emulator, Quirk};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const REPOSITORY: &str = "team/fn";

/// A function whose image is in a registry, and two pairs of keys: `release` and `other`.
struct Signed {
    place: Place,
    registry: Emulator,
    digest: String,
    release: PrivateKey,
    other: PrivateKey,
}

impl Signed {
    fn new(quirks: &[Quirk], more: &str) -> Self {
        let (place, registry) = (Place::new(), Emulator::start(quirks));
        place.script("fn/bootstrap", "#!/bin/sh\n");
        place.write("fn/flask-3.0.0.dist-info/METADATA", "Name: Flask\nVersion: 3.0.0\n");
        let (release, other) = (pair(&place, "release"), pair(&place, "other"));
        let digest = place.run(&build(&registry, more)).digest();
        Self { place, registry, digest, release, other }
    }

    fn image(&self) -> String {
        format!("{}/{REPOSITORY}:v1", self.registry.host)
    }

    fn verify(&self, options: &str) -> Ran {
        self.place.run(&format!("verify {} {options}", self.image()))
    }

    /// A statement about a digest.
    fn statement(&self, digest: &str) -> Value {
        let hex = digest.strip_prefix("sha256:").unwrap();
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "image", "digest": { "sha256": hex } }],
            "predicateType": "https://example.com/it",
            "predicate": {},
        })
    }

    /// An artifact about the image with this layer, and its digest.
    fn attach(&self, bundle: &[u8]) -> String {
        self.attach_as(BUNDLE, &self.digest, bundle)
    }

    fn attach_as(&self, kind: &str, subject: &str, bytes: &[u8]) -> String {
        self.registry.add_blob(REPOSITORY, bytes);
        let layer =
            json!({ "mediaType": kind, "digest": Digest::of(bytes).to_string(), "size": bytes.len() });
        self.attach_manifest(&artifact(kind, subject, &[layer]))
    }

    fn attach_manifest(&self, manifest: &Value) -> String {
        let bytes = manifest.to_string().into_bytes();
        let digest = Digest::of(&bytes).to_string();
        self.registry.add_manifest(REPOSITORY, &digest, MANIFEST, &bytes);
        digest
    }

    fn detach(&self, digest: &str) {
        self.registry.state().manifests.remove(&(REPOSITORY.to_owned(), digest.to_owned()));
    }
}

fn artifact(kind: &str, subject: &str, layers: &[Value]) -> Value {
    let config = json!({ "mediaType": "application/vnd.oci.empty.v1+json", "size": 2,
        "digest": Digest::of(b"{}").to_string() });
    json!({ "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind, "config": config, "layers": layers,
        "subject": { "mediaType": MANIFEST, "digest": subject, "size": 2 } })
}

fn build(registry: &Emulator, more: &str) -> String {
    format!(
        "build fn -r provided.al2023 -b embedded --handler any --push -t {}/{REPOSITORY}:v1 -q {more}",
        registry.host
    )
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// A new pair in NAME.key and NAME.pub.
pub fn pair(place: &Place, name: &str) -> PrivateKey {
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
    let text = pem("PRIVATE KEY", der.as_ref());
    let key = PrivateKey::from_pem(text.as_bytes()).unwrap();
    place.write(&format!("{name}.key"), &text);
    place.write(&format!("{name}.pub"), pem("PUBLIC KEY", &key.public_key().to_der()));
    key
}

/// A bundle of these parts.
fn bundle(payload_type: &str, payload: &[u8], signature: &[u8]) -> Value {
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": { "publicKey": { "hint": "" } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(payload), "payloadType": payload_type,
            "signatures": [{ "sig": STANDARD.encode(signature) }],
        },
    })
}

/// A bundle as it should be.
fn signed(statement: &Value, key: &PrivateKey) -> Value {
    let payload = statement.to_string();
    let signature = key.sign(&encoded(STATEMENT_TYPE, payload.as_bytes())).unwrap();
    bundle(STATEMENT_TYPE, payload.as_bytes(), &signature)
}

/// What the registry has under a name.
fn stored(registry: &Emulator, name: &str) -> Value {
    let key = (REPOSITORY.to_owned(), name.to_owned());
    let state = registry.state();
    let bytes = state.manifests.get(&key).map(|(_, bytes)| bytes).or_else(|| state.blobs.get(&key));
    serde_json::from_slice(bytes.unwrap_or_else(|| panic!("no {name}"))).unwrap()
}

/// No file of a directory, and no text, has the private half of a key.
fn keeps_secret(place: &Place, dir: &Path, texts: &[&str]) {
    let key = std::fs::read_to_string(place.path("release.key")).unwrap();
    let secret = key.lines().nth(1).unwrap();
    assert!(texts.iter().all(|text| !text.contains(secret)));
    let found = std::process::Command::new("grep").args(["-rl", secret]).arg(dir).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn a_build_signs_what_it_attaches_and_verify_accepts_it() {
    let one =
        Signed::new(&[Quirk::HasReferrers], "--attest sbom,spdx,provenance,signature --sign-key release.key");
    let ran = one.place.run(&format!("inspect {} --referrers --json", one.image()));
    let found = ran.json()["referrers"].as_array().unwrap().clone();
    let mut types: Vec<_> =
        found.iter().map(|one| one["annotations"]["dev.sigstore.bundle.predicateType"].clone()).collect();
    types.sort_by_key(ToString::to_string);
    let wanted = [
        "https://cyclonedx.org/bom",
        "https://sigstore.dev/cosign/sign/v1",
        "https://slsa.dev/provenance/v1",
        "https://spdx.dev/Document",
    ];
    assert_eq!(types, wanted);
    for entry in &found {
        assert_eq!(entry["artifact_type"], BUNDLE);
        let manifest = stored(&one.registry, entry["digest"].as_str().unwrap());
        assert_eq!(manifest["subject"]["digest"], one.digest);
        assert_eq!(manifest["layers"][0]["mediaType"], BUNDLE);
        let bundle = stored(&one.registry, manifest["layers"][0]["digest"].as_str().unwrap());
        let material = &bundle["verificationMaterial"];
        let hint = one.release.public_key().fingerprint();
        assert_eq!(material, &json!({ "publicKey": { "hint": hint }, "tlogEntries": [] }));
        let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(statement["subject"], one.statement(&one.digest)["subject"]);
        assert_eq!(statement["predicateType"], entry["annotations"]["dev.sigstore.bundle.predicateType"]);
        if statement["predicateType"] == "https://cyclonedx.org/bom" {
            assert_eq!(statement["predicate"]["bomFormat"], "CycloneDX");
        }
    }
    let ran = one.verify("--key release.pub --attestation sbom,spdx,provenance,signature");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let first = format!("{}/{REPOSITORY}@{}\n", one.registry.host, one.digest);
    let first = first + "  verified      signature any key: signed by `release.pub` in sha256:";
    assert!(ran.stdout.starts_with(&first), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("\n  verified  ").count(), 5, "{}", ran.stdout);
    // Another key signed nothing.
    let ran = one.verify("--key other.pub --json");
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let verdict: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&verdict["verified"], &verdict["digest"]), (&json!(false), &json!(one.digest)));
    assert_eq!(verdict["ignored"].as_array().unwrap().len(), 4);
    assert!(
        ran.stderr.contains("is not verified: it does not have what the policy asks for"),
        "{}",
        ran.stderr
    );
    keeps_secret(&one.place, one.place.cache(), &[&ran.stderr, &ran.stdout]);
}

#[test]
fn existing_images_are_signed_by_attest_and_by_push() {
    let one = Signed::new(&[], "");
    assert_eq!(one.verify("--key release.pub").code, Some(1));
    let ran = one.place.run(&format!("attest {} --attest signature --sign-key release.key", one.image()));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains("attached signature: "), "{}", ran.stderr);
    assert_eq!(one.verify("--key release.pub").code, Some(0));
    // The layers were not read for it.
    let target = Emulator::start(&[Quirk::HasReferrers]);
    let copy = format!("{}/copy/fn:v1", target.host);
    let push = format!("push {} {copy} --attest sbom,signature --sign-key other.key", one.image());
    let ran = one.place.run(&push);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = one.place.run(&format!("verify {copy} --key release.pub --key other.pub --attestation sbom"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    keeps_secret(&one.place, one.place.cache(), &[&ran.stderr]);
}

#[test]
fn what_a_key_signed_already_is_not_signed_again() {
    for quirks in [&[Quirk::HasReferrers][..], &[]] {
        let what = "--attest sbom,provenance,signature --sign-key release.key";
        let one = Signed::new(quirks, what);
        let count = || {
            let ran = one.place.run(&format!("inspect {} --referrers --json", one.image()));
            ran.json()["referrers"].as_array().unwrap().len()
        };
        assert_eq!(count(), 3);
        one.registry.log();
        assert_eq!(one.place.run(&build(&one.registry, what)).digest(), one.digest);
        let log = one.registry.log();
        assert!(!log.iter().any(|line| line.starts_with("PUT") || line.starts_with("POST")), "{log:#?}");
        assert_eq!(count(), 3);
        let again = format!("attest {} --attest signature --sign-key", one.image());
        let ran = one.place.run(&format!("{again} release.key"));
        assert!(ran.stderr.starts_with("already attached signature: "), "{}", ran.stderr);
        // Another key, and another statement.
        let ran = one.place.run(&format!("{again} other.key"));
        assert!(ran.stderr.starts_with("attached signature: "), "{}", ran.stderr);
        assert_eq!(count(), 4);
        let more = "--attest spdx --sign-key release.key";
        assert_eq!(one.place.run(&build(&one.registry, more)).digest(), one.digest);
        assert_eq!(count(), 5);
    }
}

#[test]
fn keys_that_do_not_sign_are_refused_before_anything_is_done() {
    let place = Place::new();
    pair(&place, "release");
    place.write(
        "locked.key",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    place.write("text.key", "s3cr3t");
    let attest = "attest r.example/fn:v1 --attest signature";
    for (options, words) in [
        ("", &["`--attest signature` needs a key", "add `--sign-key FILE`"][..]),
        ("--sign-key none.key", &["none.key"]),
        ("--sign-key release.pub", &["it is a public key, and a private key is needed"]),
        ("--sign-key locked.key", &["the private key is encrypted", "openssl pkcs8 -topk8 -nocrypt"]),
        ("--sign-key text.key", &["it contains no key in PEM", "openssl genpkey"]),
    ] {
        let code = if options.contains("none") { 1 } else { 2 };
        let said = place.refuses(code, &format!("{attest} {options}"), words);
        assert!(!said.contains("s3cr3t"), "{said}");
    }
    place.refuses(
        2,
        "push oci:out r.example/fn:v1 --sign-key release.key",
        &["no effect without `--attest`"],
    );
    let verify = "verify r.example/fn:v1";
    place.refuses(2, verify, &["`verify` needs a policy or a key", "add `--policy FILE` or `--key FILE`"]);
    place.refuses(2, &format!("{verify} --key release.key"), &["it is a private key", "-pubout"]);
    place.refuses(2, "verify oci:out --key release.pub", &["`oci:out` is not in a registry"]);
    place.refuses(2, &format!("{verify} --key release.pub --offline"), &["needs the network"]);
}
