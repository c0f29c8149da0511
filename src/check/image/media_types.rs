//! Media types of manifest, configuration and layers.

use serde_json::Value;

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::media_type::{Family, LayerKind};

/// R1: the formats that Lambda takes are Docker V2 schema 2 and OCI (developer guide, "Creating images").
pub const UNKNOWN: Check = Check {
    id: "media-type",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some(
        "The image manifest, config or layer media type for the source image <uri> is not supported.",
    ),
    page: page!("media-type"),
    run: unknown,
};

/// R12: parts of two families in one image.
pub const MIXED: Check = Check {
    id: "media-type-mixed",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::C,
    aws_error: None,
    page: page!("media-type-mixed"),
    run: mixed,
};

fn unknown(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(manifest) = subject.view.manifest.as_ref().filter(|manifest| manifest.value.is_object()) else {
        return Vec::new();
    };
    let fix = "build an image, not an artifact, with Docker's or OCI's media types";
    let fault = |place, media_type: &Value, what: &str| {
        Fault::new(place, format!("the media type {media_type} is not the media type of {what}"), fix)
    };
    let mut faults = Vec::new();
    let (own, config) = (&manifest.value["mediaType"], &manifest.value["config"]["mediaType"]);
    // OCI lets it be left out.
    if !own.is_null() && own.as_str().and_then(Family::of_manifest).is_none() {
        faults.push(fault(Location::Manifest, own, "an image manifest"));
    }
    if !Family::ALL.iter().any(|family| config == family.config()) {
        faults.push(fault(Location::Config("config".into()), config, "an image configuration"));
    }
    for (at, layer) in subject.view.layers.iter().enumerate() {
        let own = &layer.descriptor["mediaType"];
        if LayerKind::of(own.as_str().unwrap_or_default()) == LayerKind::Unknown {
            faults.push(fault(Location::Layer(at), own, "a layer"));
        }
    }
    faults
}

fn mixed(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(manifest) = &subject.view.manifest else { return Vec::new() };
    let family = |value: &Value| {
        let name = value.as_str()?;
        let is = |prefix: &str| name.starts_with(prefix);
        is("application/vnd.docker.").then_some("Docker").or(is("application/vnd.oci.").then_some("OCI"))
    };
    let config = &manifest.value["config"]["mediaType"];
    let Some(whole) = family(&manifest.value["mediaType"]).or(family(config)) else { return Vec::new() };
    let layers = subject.view.layers.iter().enumerate();
    let parts = layers.map(|(at, layer)| (Location::Layer(at), &layer.descriptor["mediaType"]));
    let odd = std::iter::once((Location::Config("config".into()), config)).chain(parts);
    let odd = odd.filter(|(_, own)| family(own).is_some_and(|family| family != whole));
    odd.map(|(place, own)| {
        let message = format!("its media type is {own}, but the image has media types of {whole}");
        Fault::new(place, message, "copy the image with `skopeo copy --format oci`, or with `--format v2s2`")
    })
    .collect()
}
