//! Check: a reference to an index instead of one image.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// R1: Lambda takes one image manifest and no index.
pub const CHECK: Check = Check {
    id: "image-index",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some(
        "The image manifest, config or layer media type for the source image <uri> is not supported.",
    ),
    page: page!("image-index"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(index) = &subject.view.index else { return Vec::new() };
    let entries = index.value["manifests"].as_array().map_or(&[][..], Vec::as_slice);
    let attestations = entries.iter().filter(|entry| {
        entry["annotations"]["vnd.docker.reference.type"] == "attestation-manifest"
            || entry["platform"]["os"] == "unknown"
    });
    let message = match (entries.len(), attestations.count()) {
        (all, 0) => format!("it is an index of {all} manifests; Lambda takes one image manifest"),
        (all, some) => format!(
            "it is an index of {all} manifests, {some} of them attestations; Lambda takes one image manifest"
        ),
    };
    let fix = "build with `docker buildx build --provenance=false --sbom=false` for one platform, or deploy the \
               digest of the image in the index";
    vec![Fault::new(Location::Manifest, message, fix)]
}
