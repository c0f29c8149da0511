//! Secrets in files.

use std::collections::BTreeMap;

use crate::check::wording::few;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Fact, Secret, SecretKind};

/// A secret that every user who can pull the image can read. The level is this project's decision.
pub const CHECK: Check = Check {
    id: "secret",
    group: Group::Secrets,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("secret"),
    run,
};

/// Every layer is looked at, not only what is seen through all: what a later layer deletes can be read
/// all the same.
fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let function = subject.function();
    let mut faults = Vec::new();
    for (layer, survey) in subject.surveys() {
        if subject.view.layers.get(layer).is_some_and(|layer| layer.of_base) {
            continue;
        }
        for entry in &survey.entries {
            let mut kinds: BTreeMap<SecretKind, Vec<String>> = BTreeMap::new();
            for fact in &entry.facts {
                if let Fact::Secret(Secret { line, kind }) = fact {
                    kinds.entry(*kind).or_default().push(line.to_string());
                }
            }
            // Packages bring keys for their own tests and documents, which are nobody's.
            if kinds.is_empty() || function.is_dependency(entry.name()) {
                continue;
            }
            let deleted = subject.tree.get(entry.name()).is_none_or(|found| found.layer != layer);
            for (kind, lines) in kinds {
                let line = if lines.len() == 1 { "line" } else { "lines" };
                let still =
                    if deleted { "; a later layer hides it, and it can be read all the same" } else { "" };
                let message =
                    format!("it has {} in {line} {}{still}", kind.name(), few(&lines).replace('`', ""));
                let fix = "leave it out, revoke it if the image was pushed, and read it from Secrets Manager, or take the function's role";
                faults.push(Fault::new(Location::Path(layer, entry.name().to_owned()), message, fix));
            }
        }
    }
    faults
}
