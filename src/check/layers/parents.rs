//! Directories without an entry of their own.

use super::faults::capped;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// R4: Lambda refuses layers in which a directory comes after what is in it, or not at all.
pub const CHECK: Check = Check {
    id: "missing-parent",
    group: Group::Layers,
    level: Level::Deny,
    evidence: Evidence::C,
    aws_error: Some("InvalidImage … MissingParentDirectory"),
    page: page!("missing-parent"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let fix = "in every layer, write an entry for each directory before the entries of its files";
    let faults = subject.surveys().flat_map(|(layer, survey)| {
        let message = format!("layer {layer} has files in it, but no entry for the directory before them");
        let fault = |parent: &str| Fault::new(Location::Path(layer, parent.to_owned()), message.clone(), fix);
        capped(layer, survey.missing_parents(), fault)
    });
    faults.collect()
}
