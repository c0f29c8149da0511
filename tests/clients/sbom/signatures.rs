//! Signed evidence of other implementations. `docs/guides/audit.md`, which OpenSSL and Python read, has the other half.

use serde_json::{Value, json};

use super::{FUNCTION, function, judge};
use crate::harness::common::{Place, must};
use crate::harness::emulator::{Emulator, Quirk};
use crate::harness::helpers::docker_registry;
use crate::harness::support::repository;

#[test]
fn a_bundle_that_another_implementation_made_is_verified() {
    let place = function();
    let registry = docker_registry(&place.dir("registry"), "", "");
    let image = format!("{}/team/fn:v1", registry.host);
    let digest = place.run(&format!("build {FUNCTION} --allow start-format --push -t {image} -q")).digest();
    let sign = |about: &str| {
        let arguments = [&registry.host, "team/fn", &digest, about];
        must(place.program("python3").arg(repository("tests/data/verify/sign.py")).args(arguments));
        place.run(&format!("verify {image} --key other.pub --attestation https://example.com/reviewed/v1"))
    };
    let ran = sign(&digest);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = sign(&format!("sha256:{}", "0".repeat(64)));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("what is signed is a statement about another image"), "{}", ran.stdout);
}

/// What Sigstore's client for Python prints.
fn sigstore(place: &Place, arguments: &[&str]) -> String {
    let mut client = judge("python3");
    client.current_dir(place.path(""));
    must(client.arg(repository("tests/data/verify/sigstore_client.py")).args(arguments)).stdout
}

/// The bytes of a manifest or a blob of `team/fn`.
fn stored(registry: &Emulator, name: &str) -> Vec<u8> {
    let key = ("team/fn".to_owned(), name.to_owned());
    let state = registry.state();
    let manifest = state.manifests.get(&key).map(|(_, bytes)| bytes.clone());
    manifest.or_else(|| state.blobs.get(&key).cloned()).unwrap()
}

#[test]
fn sigstores_client_and_in_totos_bindings_accept_our_bundles_and_we_accept_theirs() {
    let (place, registry) = (function(), Emulator::start(&[Quirk::HasReferrers]));
    place.write("fn/flask-3.0.0.dist-info/METADATA", "Name: Flask\nVersion: 3.0.0\n");
    let openssl = |arguments: &str| must(place.program("openssl").args(arguments.split(' ')));
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sign.key");
    openssl("pkey -in sign.key -pubout -out sign.pub");
    let image = format!("{}/team/fn:v1", registry.host);
    let evidence = "--attest sbom,spdx,provenance,signature --sign-key sign.key";
    let build = format!("build {FUNCTION} --allow start-format --push -t {image} -q {evidence}");
    let digest = place.run(&build).digest();
    let mut arguments = vec!["judge".to_owned(), "sign.pub".to_owned(), digest.clone()];
    let listed = place.run(&format!("inspect {image} --referrers --json")).json();
    let mut kinds = Vec::new();
    for one in listed["referrers"].as_array().unwrap() {
        kinds.push(one["annotations"]["dev.sigstore.bundle.predicateType"].as_str().unwrap().to_owned());
        let manifest: Value =
            serde_json::from_slice(&stored(&registry, one["digest"].as_str().unwrap())).unwrap();
        let bundle = stored(&registry, manifest["layers"][0]["digest"].as_str().unwrap());
        let name = format!("{}.json", kinds.len());
        place.write(&name, bundle);
        arguments.push(name);
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    assert_eq!(sigstore(&place, &arguments).lines().collect::<Vec<_>>(), kinds);
    assert_eq!(kinds.len(), 4);
    // Theirs, in the registry as any client puts it there.
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let bundle = sigstore(&place, &["make", &digest]);
    let bundle = bundle.trim_end().as_bytes();
    registry.add_blob("team/fn", bundle);
    let of = |bytes: &[u8]| lambda_img::digest::Digest::of(bytes).to_string();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": kind,
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": of(b"{}") },
        "layers": [{ "mediaType": kind, "digest": of(bundle), "size": bundle.len() }],
        "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 2 },
    });
    let manifest = manifest.to_string();
    let name = of(manifest.as_bytes());
    registry.add_manifest(
        "team/fn",
        &name,
        "application/vnd.oci.image.manifest.v1+json",
        manifest.as_bytes(),
    );
    let verify = format!("verify {image} --key other.pub --attestation https://example.com/reviewed/v1");
    let ran = place.run(&verify);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}
