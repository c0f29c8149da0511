//! Checks: a blob is missing, or its digest, size or diff_id is not what the manifest or configuration says.

use std::sync::Arc;

use serde_json::Value;

use crate::check::NotRead;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::digest::Digest;
use crate::media_type::LayerKind;

/// A manifest whose blobs are not there cannot be pushed (ECR API, `LayersNotFoundException`).
pub const MISSING: Check = Check {
    id: "blob-missing",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("blob-missing"),
    run: missing,
};

/// Blobs are named by their SHA-256 (OCI image specification, "Descriptors").
pub const DIGEST: Check = Check {
    id: "blob-digest",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("blob-digest"),
    run: digest,
};

/// The configuration names every layer by its uncompressed digest (OCI image specification, "config").
pub const DIFF_ID: Check = Check {
    id: "diff-id",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("diff-id"),
    run: diff_ids,
};

const ANEW: &str = "build or copy the image again";

fn missing(subject: &Subject<'_>) -> Vec<Fault> {
    let layers = subject.view.layers.iter().enumerate();
    let faults = layers.filter_map(|(at, layer)| match &layer.survey {
        Err(NotRead::Missing(why)) if !is_foreign(&layer.descriptor) => {
            Some(Fault::new(Location::Layer(at), format!("its bytes are missing: {why}"), ANEW))
        }
        _ => None,
    });
    faults.collect()
}

fn is_foreign(descriptor: &Value) -> bool {
    LayerKind::of(descriptor["mediaType"].as_str().unwrap_or_default()) == LayerKind::Foreign
}

fn digest(subject: &Subject<'_>) -> Vec<Fault> {
    let view = subject.view;
    let mut faults = Vec::new();
    let mut compare = |place: Location, digest: Option<&str>, size: Option<u64>, found: (Digest, u64)| {
        let (digest, size) = (digest.unwrap_or("nothing"), size.unwrap_or_default());
        if digest != found.0.to_string() {
            let message = format!("its content has digest {}, but its name is {digest}", found.0);
            faults.push(Fault::new(place, message, ANEW));
        } else if size != found.1 {
            let message = format!("it has {} bytes, but its descriptor states {size}", found.1);
            faults.push(Fault::new(place, message, ANEW));
        }
    };
    let of = |bytes: &Arc<[u8]>| (Digest::of(bytes), bytes.len() as u64);
    if let (Some(stated), Some(manifest)) = (&view.descriptor, &view.manifest) {
        let digest = stated.digest.to_string();
        compare(Location::Manifest, Some(&digest), Some(stated.size), of(&manifest.bytes));
    }
    if let Some(manifest) = &view.manifest {
        let stated = |value: &Value| (value["digest"].as_str().map(str::to_owned), value["size"].as_u64());
        if view.lacks_config.is_none() && manifest.value["config"].is_object() {
            let (digest, size) = stated(&manifest.value["config"]);
            compare(Location::Config("config".into()), digest.as_deref(), size, of(&view.config.bytes));
        }
        for (at, survey) in view.surveys() {
            let (digest, size) = stated(&view.layers[at].descriptor);
            compare(Location::Layer(at), digest.as_deref(), size, (survey.digest, survey.size));
        }
    }
    faults
}

fn diff_ids(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(stated) = subject.view.config.value["rootfs"]["diff_ids"].as_array() else { return Vec::new() };
    let count = subject.view.layers.len();
    if stated.len() != count {
        let message = format!("it has {} entries for {count} layers", stated.len());
        return vec![Fault::new(Location::Config("rootfs.diff_ids".into()), message, ANEW)];
    }
    let read = subject.surveys().filter(|(_, survey)| survey.damage.is_none());
    let faults = read.filter_map(|(at, survey)| {
        let stated = stated[at].as_str().unwrap_or("nothing");
        let message = format!("it unpacks to {}, but the configuration states {stated}", survey.diff_id);
        (stated != survey.diff_id.to_string()).then(|| Fault::new(Location::Layer(at), message, ANEW))
    });
    faults.collect()
}
