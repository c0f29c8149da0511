//! Evidence next to images in registries: what is asked and sent, with the referrers API, without it, and where a registry
//! refuses or lies.

use serde_json::{Value, json};

use crate::harness::common::Place;
use crate::harness::emulator::{Emulator, Fault, Quirk};

/// A function with a package, and a registry.
fn place() -> Place {
    let place = Place::new();
    place.script("fn/bootstrap", "#!/bin/sh\n");
    place.write("fn/flask-3.0.0.dist-info/METADATA", "Name: Flask\nVersion: 3.0.0\n");
    place
}

fn build(registry: &Emulator, more: &str) -> String {
    format!(
        "build fn -r provided.al2023 -b embedded --handler any --allow start-format --push -t {}/team/fn:v1 -q {more}",
        registry.host
    )
}

/// The bytes of a manifest or of a blob of `team/fn`.
fn bytes(registry: &Emulator, name: &str) -> Vec<u8> {
    let key = ("team/fn".to_owned(), name.to_owned());
    let state = registry.state();
    let manifest = state.manifests.get(&key).map(|(_, bytes)| bytes.clone());
    manifest.or_else(|| state.blobs.get(&key).cloned()).unwrap_or_else(|| panic!("no {name}"))
}

fn json_of(registry: &Emulator, name: &str) -> Value {
    serde_json::from_slice(&bytes(registry, name)).unwrap()
}

/// What the registry's own list, or the tag, has about an image.
fn referrers(place: &Place, registry: &Emulator) -> Vec<Value> {
    let ran = place.run(&format!("inspect {}/team/fn:v1 --referrers --json", registry.host));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.json()["referrers"].as_array().unwrap().clone()
}

const SBOM: &str = "application/vnd.cyclonedx+json";

/// What GitHub Actions says of a build.
pub const IN_GITHUB: [(&str, &str); 5] = [
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SERVER_URL", "https://github.example"),
    ("GITHUB_REPOSITORY", "team/fn"),
    ("GITHUB_WORKFLOW_REF", "team/fn/.github/workflows/build.yml@refs/heads/main"),
    ("GITHUB_SHA", "0123456789012345678901234567890123456789"),
];

#[test]
fn a_build_attaches_what_is_asked_for_after_the_image() {
    let (place, registry) = (place(), Emulator::start(&[Quirk::HasReferrers]));
    let build =
        build(&registry, "--env TOKEN=s3cr3t-value --label stage=s3cr3t-label --attest sbom,spdx,provenance");
    let digest = place.run(&build).digest();
    let log = registry.log();
    let at = |what: &str| {
        log.iter().position(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {log:#?}"))
    };
    assert!(at("PUT /v2/team/fn/manifests/v1") < at("GET /v2/team/fn/referrers/"), "{log:#?}");
    // No tag but the image's own is written where the registry lists by itself.
    assert!(!log.iter().any(|line| line.contains("manifests/sha256-")), "{log:#?}");
    let found = referrers(&place, &registry);
    let mut kinds: Vec<_> = found.iter().map(|one| one["artifact_type"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        ["application/spdx+json", "application/vnd.cyclonedx+json", "application/vnd.in-toto+json"]
    );
    for one in &found {
        let manifest = json_of(&registry, one["digest"].as_str().unwrap());
        assert_eq!(manifest["subject"]["digest"], digest);
        assert_eq!(manifest["subject"]["mediaType"], "application/vnd.oci.image.manifest.v1+json");
        assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.empty.v1+json");
        assert_eq!(bytes(&registry, manifest["config"]["digest"].as_str().unwrap()), b"{}");
        let document = bytes(&registry, manifest["layers"][0]["digest"].as_str().unwrap());
        let text = String::from_utf8(document).unwrap();
        // No secret, and no directory of this machine.
        assert!(!text.contains("s3cr3t") && !text.contains(place.path("").to_str().unwrap()), "{text}");
        if one["artifact_type"] == "application/vnd.in-toto+json" {
            let statement: Value = serde_json::from_str(&text).unwrap();
            let hex = digest.strip_prefix("sha256:").unwrap();
            assert_eq!(statement["subject"], json!([{ "name": "image", "digest": { "sha256": hex } }]));
            let definition = &statement["predicate"]["buildDefinition"];
            assert_eq!(definition["externalParameters"]["variables"], json!(["TOKEN"]));
            assert_eq!(definition["externalParameters"]["runtime"], "provided.al2023");
            assert_eq!(definition["resolvedDependencies"][0]["uri"], "embedded");
        } else {
            assert!(text.contains("pkg:pypi/flask@3.0.0"), "{text}");
        }
    }
    // The same again is there already.
    place.run(&build).digest();
    let log = registry.log();
    assert!(!log.iter().any(|line| line.starts_with("PUT") || line.starts_with("POST")), "{log:#?}");
}

#[test]
fn in_a_ci_system_the_provenance_names_the_workflow_the_run_and_the_commit() {
    let (place, registry) = (place(), Emulator::start(&[Quirk::HasReferrers]));
    let mut tool = place.tool(&build(&registry, "--attest provenance"));
    tool.envs(IN_GITHUB).envs([("GITHUB_RUN_ID", "7"), ("GITHUB_RUN_ATTEMPT", "2")]);
    crate::harness::common::must(&mut tool);
    let found = referrers(&place, &registry);
    assert_eq!(found[0]["annotations"]["in-toto.io/predicate-type"], "https://slsa.dev/provenance/v1");
    let manifest = json_of(&registry, found[0]["digest"].as_str().unwrap());
    let statement = json_of(&registry, manifest["layers"][0]["digest"].as_str().unwrap());
    let (definition, details) =
        (&statement["predicate"]["buildDefinition"], &statement["predicate"]["runDetails"]);
    assert_eq!(
        details["builder"]["id"],
        "https://github.example/team/fn/.github/workflows/build.yml@refs/heads/main"
    );
    assert_eq!(
        details["metadata"]["invocationId"],
        "https://github.example/team/fn/actions/runs/7/attempts/2"
    );
    let source = definition["resolvedDependencies"].as_array().unwrap().last().unwrap();
    assert_eq!(source["uri"], "git+https://github.example/team/fn");
    assert_eq!(source["digest"]["gitCommit"], "0123456789012345678901234567890123456789");
}

#[test]
fn without_the_api_a_tag_lists_the_evidence_and_keeps_that_of_others() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let digest = place.run(&build(&registry, "")).digest();
    let tag = digest.replace(':', "-");
    // That of another tool, which left the type out as GHCR does.
    let other = json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "artifactType": "application/x.other", "layers": [], "config": { "mediaType":
        "application/vnd.oci.empty.v1+json", "digest": format!("sha256:{}", "0".repeat(64)), "size": 2 } })
    .to_string();
    let its = lambda_img::digest::Digest::of(other.as_bytes()).to_string();
    registry.add_manifest("team/fn", &its, "application/vnd.oci.image.manifest.v1+json", other.as_bytes());
    let index = "application/vnd.oci.image.index.v1+json";
    let entry = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": its,
        "size": other.len(), "artifactType": "application/vnd.oci.empty.v1+json" });
    let list = json!({ "schemaVersion": 2, "mediaType": index, "manifests": [entry] }).to_string();
    registry.add_manifest("team/fn", &tag, index, list.as_bytes());
    let image = format!("{}/team/fn:v1", registry.host);
    let ran = place.run(&format!("attest {image}"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.stderr.contains(&format!("attached CycloneDX: {}", ran.stdout.trim())), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("listed by the tag {tag}")), "{}", ran.stderr);
    let found = referrers(&place, &registry);
    let kinds: Vec<_> = found.iter().map(|one| one["artifact_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["application/x.other", SBOM]);
    // Again: nothing is written, and what is listed stays listed once.
    registry.log();
    let ran = place.run(&format!("attest {image}"));
    assert!(ran.stderr.starts_with("already attached CycloneDX: "), "{}", ran.stderr);
    assert!(!registry.log().iter().any(|line| line.starts_with("PUT")));
    assert_eq!(referrers(&place, &registry).len(), 2);
    let shown = place.run(&format!("inspect {image} --referrers")).stdout;
    assert!(shown.contains("\nreferrers\n  application/x.other") && shown.contains(SBOM), "{shown}");
}

#[test]
fn a_refusal_says_that_the_image_is_published_and_its_evidence_is_not() {
    let (place, registry) = (place(), Emulator::start(&[Quirk::ManifestsWithSubjectAre405]));
    let ran = place.run(&build(&registry, "--attest sbom"));
    assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:?}");
    assert!(ran.stderr.contains("/team/fn@sha256:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("is published, but its CycloneDX is not attached"), "{}", ran.stderr);
    assert!(ran.stderr.contains("status 405"), "{}", ran.stderr);
    // A list under an immutable tag cannot get a second entry.
    let registry = Emulator::start(&[Quirk::TagsAreImmutable]);
    place.run(&build(&registry, "--attest sbom")).digest();
    let ran = place.run(&format!("attest {}/team/fn:v1 --attest spdx", registry.host));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("is immutable and points to"), "{}", ran.stderr);
}

#[test]
fn lists_that_lie_or_have_no_end_are_refused_by_name() {
    let (place, registry) = (place(), Emulator::start(&[]));
    let digest = place.run(&build(&registry, "")).digest();
    let image = format!("{}/team/fn:v1", registry.host);
    let page = |body: &str, link: Option<&str>| {
        let headers = link.map(|link| ("link", link.to_owned()));
        Fault::Answer(200, headers.into_iter().collect(), body.as_bytes().to_vec())
    };
    let own = format!("</v2/team/fn/referrers/{digest}>; rel=\"next\"");
    for (fault, why) in [
        (page("{\"manifests\":[]}", Some(&own)), "the list has no end"),
        (page("{\"manifests\":[]}", Some("<https://other.example/x>; rel=\"next\"")), "is at another server"),
        (
            page("{\"manifests\":[{\"digest\":\"sha256:x\"}]}", None),
            "an entry of the list is not a descriptor",
        ),
    ] {
        registry.fault("GET /v2/team/fn/referrers/", 1, fault);
        let ran = place.run(&format!("inspect {image} --referrers"));
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
    }
    // A page of HTML, 400 or 405 is the answer of a registry that does not know the API.
    let answers = [
        page("<html>", None),
        Fault::Answer(400, Vec::new(), Vec::new()),
        Fault::Answer(405, Vec::new(), b"<html>".to_vec()),
    ];
    for fault in answers {
        registry.fault("GET /v2/team/fn/referrers/", 1, fault);
        assert_eq!(referrers(&place, &registry), Vec::<Value>::new());
    }
}

#[test]
fn what_cannot_be_attested_is_refused_before_anything_is_done() {
    let place = place();
    place.refuses(2, "attest oci:out", &["`oci:out` is not in a registry"]);
    place.refuses(
        2,
        "build fn -r provided.al2023 -b embedded --attest sbom",
        &["`--attest` has no effect without"],
    );
    place.refuses(
        2,
        "push oci:out r.example/fn:v1 --attest provenance",
        &["provenance", "possible values: sbom, spdx"],
    );
    place.refuses(2, "attest r.example/fn:v1 --offline", &["needs the network"]);
}
