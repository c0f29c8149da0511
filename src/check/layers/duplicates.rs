//! Check: a layer has two entries with one path.

use std::collections::{BTreeSet, HashSet};

use super::faults::capped;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};

/// Extractors let the last of two entries win; what flattens layers for Lambda is not known to.
pub const CHECK: Check = Check {
    id: "duplicate-entry",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("duplicate-entry"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let fix = "write every path once; the usual causes are `tar --append` and two `ADD`s of the same archive";
    let disorderly = subject.surveys().filter(|(_, survey)| !survey.is_well_ordered());
    let faults = disorderly.flat_map(|(layer, survey)| {
        let mut seen = HashSet::new();
        let twice = survey
            .entries
            .iter()
            .map(|entry| entry.name())
            .filter(|name| !seen.insert(*name) && !name.is_empty());
        let twice: BTreeSet<_> = twice.collect();
        let fault = |name: &str| {
            let message = format!("layer {layer} has more than one entry for this path");
            Fault::new(Location::Path(layer, name.to_owned()), message, fix)
        };
        capped(layer, twice, fault)
    });
    faults.collect()
}
