//! Hard links.

use std::collections::{BTreeSet, HashSet};

use super::{capped, counted, of_distribution};
use crate::check::{Check, Fault, Grade, Group, Level, Place, Subject};
use crate::survey::{Entry, Kind, name};

/// R5: hard links whose target is not before them in the same layer: no extractor can make them at that point.
pub const TARGET: Check = Check {
    id: "hard-link-target",
    group: Group::Layers,
    level: Level::Deny,
    grade: Grade::C,
    says: Some("InvalidImage: ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest sha256:…"),
    page: page!("hard-link-target"),
    run: target,
};

/// R5: one report has Lambda refuse any hard link in a layer.
pub const ANY: Check = Check {
    id: "hard-link",
    group: Group::Layers,
    level: Level::Warn,
    grade: Grade::C,
    says: Some("InvalidImage: ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest sha256:…"),
    page: page!("hard-link"),
    run: any,
};

fn target(subject: &Subject<'_>) -> Vec<Fault> {
    lost(subject).into_iter().flat_map(|(layer, faults)| capped(layer, faults)).collect()
}

/// The faults of each layer, all of them.
fn lost(subject: &Subject<'_>) -> Vec<(usize, Vec<Fault>)> {
    let fix = "write a regular file in the place of the link";
    let with_links = subject
        .surveys()
        .filter(|(_, survey)| survey.entries.iter().any(|entry| entry.kind == Kind::HardLink));
    let faults = with_links.map(|(layer, survey)| {
        let mut before = HashSet::new();
        let mut faults = Vec::new();
        for entry in &survey.entries {
            let to = entry.link.as_deref().map(name).unwrap_or_default();
            if entry.kind == Kind::HardLink && !before.contains(to) {
                let elsewhere = || {
                    subject.surveys().any(|(other, survey)| {
                        other != layer && survey.entries.iter().any(|entry| entry.name() == to)
                    })
                };
                let why = if survey.entries.iter().any(|other| other.name() == to) {
                    "comes after it"
                } else if elsewhere() {
                    "is in another layer"
                } else if subject.tree.is_complete() {
                    "is not in the image"
                } else {
                    "is not in this layer"
                };
                let message = format!("it is a hard link to `/{}`, which {why}", to.escape_debug());
                faults.push(Fault::new(Place::Path(layer, entry.name().to_owned()), message, fix));
            }
            before.insert(entry.name());
        }
        (layer, faults)
    });
    faults.collect()
}

/// Links that extractors can make: the others are told above.
fn any(subject: &Subject<'_>) -> Vec<Fault> {
    let lost: BTreeSet<_> =
        lost(subject).into_iter().flat_map(|(_, faults)| faults).map(|fault| fault.place).collect();
    let is = |layer: usize, entry: &Entry| {
        let own = entry.kind == Kind::HardLink && !of_distribution(entry.name());
        own && !lost.contains(&Place::Path(layer, entry.name().to_owned()))
    };
    counted(
        subject,
        is,
        "a hard link",
        "write regular files in the place of hard links: `tar --hard-dereference`",
    )
}
