//! Check: layers that cannot be read to the end.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::Stored;

/// A layer is a tar, in gzip or not (OCI image specification, "layer").
pub const CHECK: Check = Check {
    id: "layer-damaged",
    group: Group::Layers,
    level: Level::Deny,
    evidence: Evidence::B,
    aws_error: None,
    page: page!("layer-damaged"),
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    // What zstd hides is not known.
    let read = subject.surveys().filter(|(_, survey)| survey.stored != Stored::Zstd);
    let damaged = read.filter_map(|(layer, survey)| Some((layer, survey.damage.as_ref()?)));
    let fault = |(layer, damage)| {
        Fault::new(
            Location::Layer(layer),
            format!("it cannot be read to its end: {damage}"),
            "build the image anew",
        )
    };
    damaged.map(fault).collect()
}
