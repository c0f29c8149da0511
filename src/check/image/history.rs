//! Check: the history of the configuration.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// More history than layers. Less is common: AWS's own bases have had none (aws-lambda-base-images#2).
pub const CHECK: Check = Check {
    id: "history",
    group: Group::Image,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("history"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let history = subject.view.config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
    let entries = history.iter().filter(|entry| entry["empty_layer"] != true).count();
    let layers = subject.view.layers.len();
    if entries <= layers {
        return Vec::new();
    }
    let message = format!("it has {entries} entries that are not marked `empty_layer`, for {layers} layers");
    vec![Fault::new(
        Location::Config("history".into()),
        message,
        "build the image anew; podman and buildah refuse it as it is",
    )]
}
