//! Checks: the manifest or the configuration is malformed.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// Lambda takes image manifests of Docker V2 schema 2 and of OCI.
pub const MANIFEST: Check = Check {
    id: "manifest-malformed",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some(
        "The image manifest, config or layer media type for the source image <uri> is not supported.",
    ),
    page: page!("manifest-malformed"),
    run: manifest,
};

/// An image configuration is a JSON object (OCI image specification, "config").
pub const CONFIG: Check = Check {
    id: "config-malformed",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("config-malformed"),
    run: config,
};

fn manifest(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(manifest) = &subject.view.manifest else { return Vec::new() };
    let value = &manifest.value;
    let message = if !value.is_object() {
        "it is not a JSON object".to_owned()
    } else if value["schemaVersion"] != 2 {
        format!("its `schemaVersion` is {}, but must be 2", value["schemaVersion"])
    } else if !value["config"].is_object() || !value["layers"].is_array() {
        "it has no `config` or no `layers`".to_owned()
    } else {
        return Vec::new();
    };
    vec![Fault::new(
        Location::Manifest,
        message,
        "build the image again, or copy it with `skopeo copy --format oci`",
    )]
}

fn config(subject: &Subject<'_>) -> Vec<Fault> {
    let value = &subject.view.config.value;
    let object = |value: &serde_json::Value| value.is_object() || value.is_null();
    let fault = |field: &'static str, message: &str| {
        vec![Fault::new(
            Location::Config(field.into()),
            message,
            "build the image again with a tool that follows the specification",
        )]
    };
    match &subject.view.lacks_config {
        Some(why) => fault("config", why),
        None if !value.is_object() => fault("config", "it is not a JSON object"),
        None if !object(&value["config"]) => fault("config.config", "it is not a JSON object"),
        None if !value["rootfs"]["diff_ids"].is_array() => fault("rootfs.diff_ids", "it is missing"),
        None => Vec::new(),
    }
}
