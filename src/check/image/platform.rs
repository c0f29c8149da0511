//! Checks: operating system and architecture.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// R6: Lambda has two architectures, and runs an image on the one of its function only.
pub const ARCHITECTURE: Check = Check {
    id: "architecture",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: Some("exec format error"),
    page: page!("architecture"),
    run: architecture,
};

/// Lambda runs Linux only (developer guide, "Creating images").
pub const OS: Check = Check {
    id: "os",
    group: Group::Image,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("os"),
    run: os,
};

fn architecture(subject: &Subject<'_>) -> Vec<Fault> {
    if !subject.view.config.value.is_object() {
        return Vec::new();
    }
    let stated = subject.view.config.value["architecture"].as_str().unwrap_or_default();
    let wanted = subject.expectations.arch;
    let (message, fix) = match (subject.arch(), wanted) {
        (None, _) if stated.is_empty() => (
            "the configuration names no architecture".to_owned(),
            "build for linux/amd64 or linux/arm64".to_owned(),
        ),
        (None, _) => (
            format!("it is for `{stated}`, which Lambda does not have"),
            "build for linux/amd64 or linux/arm64".to_owned(),
        ),
        (Some(found), Some(wanted)) if found != wanted => (
            format!("it is for {found}, and the function for {wanted}"),
            format!(
                "build for linux/{}, or create the function with `--architectures {found}`",
                wanted.oci()
            ),
        ),
        _ => return Vec::new(),
    };
    vec![Fault::new(Location::Config("architecture".into()), message, fix)]
}

fn os(subject: &Subject<'_>) -> Vec<Fault> {
    let config = &subject.view.config.value;
    match config["os"].as_str() {
        Some("linux") => Vec::new(),
        _ if !config.is_object() => Vec::new(),
        found => {
            let message = match found {
                Some(found) => format!("it is for `{found}`; Lambda runs Linux only"),
                None => "the configuration names no operating system".to_owned(),
            };
            vec![Fault::new(Location::Config("os".into()), message, "build for linux/amd64 or linux/arm64")]
        }
    }
}
