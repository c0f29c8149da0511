//! Hard links.

use std::collections::HashSet;

use super::faults::{capped, counted, of_distribution};
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Entry, Kind, Survey, name};

/// R5: hard links whose target is not before them in the same layer: no extractor can make them at that point.
pub const TARGET: Check = Check {
    id: "hard-link-target",
    group: Group::Layers,
    level: Level::Deny,
    evidence: Evidence::C,
    aws_error: Some("InvalidImage: ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest sha256:…"),
    page: page!("hard-link-target"),
    run: target,
};

/// R5: one report has Lambda refuse any hard link in a layer.
pub const ANY: Check = Check {
    id: "hard-link",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::C,
    aws_error: Some("InvalidImage: ImageLayerFailure: UnsupportedImageLayerDetected - Layer Digest sha256:…"),
    page: page!("hard-link"),
    run: any,
};

fn target(subject: &Subject<'_>) -> Vec<Fault> {
    let fix = "write a regular file instead of the link";
    let lost: Vec<_> = lost(subject).into_iter().filter(|(_, links)| !links.is_empty()).collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let anywhere: HashSet<_> = subject.surveys().flat_map(names).collect();
    let faults = lost.into_iter().flat_map(|(layer, links)| {
        let here: HashSet<_> =
            subject.surveys().filter(|(other, _)| *other == layer).flat_map(names).collect();
        let fault = |entry: &Entry| {
            let to = target_of(entry);
            let why = if here.contains(to) {
                "comes after it"
            } else if anywhere.contains(to) {
                "is in another layer"
            } else if subject.tree.is_complete() {
                "is not in the image"
            } else {
                "is not in this layer"
            };
            let message = format!("it is a hard link to `/{}`, which {why}", to.escape_debug());
            Fault::new(Location::Path(layer, entry.name().to_owned()), message, fix)
        };
        capped(layer, links, fault)
    });
    faults.collect()
}

fn names((_, survey): (usize, &Survey)) -> impl Iterator<Item = &str> {
    survey.entries.iter().map(Entry::name)
}

fn target_of(entry: &Entry) -> &str {
    entry.link.as_deref().map(name).unwrap_or_default()
}

/// The links of each layer whose target is not before them.
fn lost<'a>(subject: &Subject<'a>) -> Vec<(usize, Vec<&'a Entry>)> {
    let is_link = |entry: &&Entry| entry.kind == Kind::HardLink;
    let with_links =
        subject.surveys().filter(|(_, survey)| survey.entries.iter().any(|entry| is_link(&entry)));
    let lost = with_links.map(|(layer, survey)| {
        let mut before = HashSet::new();
        let lost = survey.entries.iter().filter(|entry| {
            let lost = is_link(entry) && !before.contains(target_of(entry));
            before.insert(entry.name());
            lost
        });
        (layer, lost.collect())
    });
    lost.collect()
}

/// Links that extractors can make: the others are told above.
fn any(subject: &Subject<'_>) -> Vec<Fault> {
    let lost: HashSet<_> = lost(subject)
        .into_iter()
        .flat_map(|(layer, links)| links.into_iter().map(move |entry| (layer, entry.name())))
        .collect();
    let is = |layer: usize, entry: &Entry| {
        let own = entry.kind == Kind::HardLink && !of_distribution(entry.name());
        own && !lost.contains(&(layer, entry.name()))
    };
    counted(subject, is, "a hard link", "write regular files instead of hard links: `tar --hard-dereference`")
}
