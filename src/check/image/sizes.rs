//! Checks: the size of the image, of its manifest and of its environment.

use crate::check::limits::{ENVIRONMENT_MAX, IMAGE_MAX, MANIFEST_ADVICE};
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// AWS advises to keep the manifest below 25,400 bytes (developer guide, "Creating images").
pub const MANIFEST: Check = Check {
    id: "manifest-size",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("manifest-size"),
    run: manifest,
};

/// R13: the most that Lambda takes of all layers, uncompressed.
pub const IMAGE: Check = Check {
    id: "image-size",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("image-size"),
    run: image,
};

/// The budget that the user sets.
pub const BUDGET: Check = Check {
    id: "size-budget",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("size-budget"),
    run: budget,
};

/// The most that Lambda takes of all variables together (developer guide, "Quotas").
pub const ENVIRONMENT: Check = Check {
    id: "env-size",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("env-size"),
    run: environment,
};

fn manifest(subject: &Subject<'_>) -> Vec<Fault> {
    let size = subject.view.manifest.as_ref().map_or(0, |manifest| manifest.bytes.len());
    if size <= MANIFEST_ADVICE {
        return Vec::new();
    }
    let message =
        format!("it has {size} bytes; AWS advises less than {MANIFEST_ADVICE} for best performance");
    vec![Fault::new(Location::Manifest, message, "have fewer layers and annotations")]
}

/// The bytes of all layers, uncompressed; of those that were not read, as they are stored.
fn size(subject: &Subject<'_>) -> u64 {
    let layers = subject.view.layers.iter().map(|layer| match &layer.survey {
        Ok(survey) => survey.tar_size,
        Err(_) => layer.descriptor["size"].as_u64().unwrap_or_default(),
    });
    layers.fold(0, u64::saturating_add)
}

fn image(subject: &Subject<'_>) -> Vec<Fault> {
    let size = size(subject);
    if size <= IMAGE_MAX {
        return Vec::new();
    }
    let message =
        format!("it has at least {size} bytes uncompressed, {IMAGE_MAX} are the most that Lambda takes");
    let fix = "leave out what the function does not need at run time, or read it from S3 or EFS";
    vec![Fault::new(Location::Image, message, fix)]
}

fn budget(subject: &Subject<'_>) -> Vec<Fault> {
    let size = size(subject);
    match subject.expectations.max_size {
        Some(budget) if size > budget => {
            let message = format!("it has at least {size} bytes uncompressed, the budget is {budget}");
            vec![Fault::new(Location::Image, message, "leave out what is not needed, or raise the budget")]
        }
        _ => Vec::new(),
    }
}

fn environment(subject: &Subject<'_>) -> Vec<Fault> {
    let size: usize = subject.words("Env").into_iter().map(str::len).sum();
    if size <= ENVIRONMENT_MAX {
        return Vec::new();
    }
    let message = format!("it has {size} bytes, {ENVIRONMENT_MAX} are the most that Lambda takes");
    let fix = "read long values from a file of the image or from a parameter store";
    vec![Fault::new(Location::Config("config.Env".into()), message, fix)]
}
