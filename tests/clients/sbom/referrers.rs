//! Evidence in a real registry, as another client reads it.

use serde_json::Value;

use super::{FUNCTION, function};
use crate::harness::common::must;
use crate::harness::helpers::docker_registry;

#[test]
fn evidence_in_a_real_registry_is_listed_and_read_by_skopeo() {
    let place = function();
    place.write("fn/flask-3.0.0.dist-info/METADATA", "Name: Flask\nVersion: 3.0.0\n");
    let registry = docker_registry(&place.dir("registry"), "", "");
    let repository = format!("{}/team/fn", registry.host);
    let build = format!(
        "build {FUNCTION} --allow start-format --push -t {repository}:v1 --attest sbom,provenance -q"
    );
    let digest = place.run(&build).digest();
    let tag = digest.replace(':', "-");
    let raw = |name: &str| -> Value {
        let source = format!("docker://{repository}{name}");
        let ran = must(place.program("skopeo").args(["inspect", "--raw", "--tls-verify=false", &source]));
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let list = raw(&format!(":{tag}"));
    let entries = list["manifests"].as_array().unwrap();
    let kinds: Vec<_> = entries.iter().map(|one| one["artifactType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["application/vnd.cyclonedx+json", "application/vnd.in-toto+json"]);
    for entry in entries {
        let manifest = raw(&format!("@{}", entry["digest"].as_str().unwrap()));
        assert_eq!(
            (&manifest["subject"]["digest"], &manifest["artifactType"]),
            (&digest.clone().into(), &entry["artifactType"])
        );
    }
    let found = place.run(&format!("inspect {repository}:v1 --referrers --json")).json();
    assert_eq!(found["referrers"].as_array().unwrap().len(), 2);
    crate::harness::common::conforms(&place, "docs/schemas/inspect.json", &found.to_string());
}
