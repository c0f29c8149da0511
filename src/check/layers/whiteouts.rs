//! Check: a layer deletes a file of the function, or a file that is not there.

use super::faults::capped;
use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::survey::{Entry, Tree, Whiteout};

/// Whiteouts of the function's own files, and those that hide nothing.
pub const CHECK: Check = Check {
    id: "whiteout",
    group: Group::Layers,
    level: Level::Warn,
    evidence: Evidence::I,
    aws_error: None,
    page: page!("whiteout"),
    run,
};

/// Where the function is.
const TASK_ROOT: &str = "var/task/";

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let faults = subject.surveys().flat_map(|(layer, survey)| {
        let whiteouts = survey.entries.iter().filter_map(|entry| Some((entry, entry.whiteout()?)));
        let whiteouts: Vec<_> = whiteouts.filter(|(_, what)| matches!(what, Whiteout::Path(..))).collect();
        if whiteouts.is_empty() {
            return Vec::new();
        }
        let lower = subject.surveys().take_while(|(other, _)| *other < layer);
        let below = Tree::new(lower, subject.tree.is_complete());
        let mut faults = Vec::new();
        for (entry, what) in whiteouts {
            let Whiteout::Path(dir, hidden) = what else { continue };
            let name = if dir.is_empty() { hidden.to_owned() } else { format!("{dir}/{hidden}") };
            let there = below.get(&name).is_some() || below.below(&name).next().is_some();
            let (message, fix) = if !there && below.is_complete() {
                let message = format!(
                    "layer {layer} deletes `/{}`, which is not in any layer below",
                    name.escape_debug()
                );
                (message, "rename the file, if its name begins with `.wh.` by accident")
            } else if name.starts_with(TASK_ROOT) {
                let message = format!(
                    "layer {layer} deletes `/{}` of the function, but its bytes stay in the image",
                    name.escape_debug()
                );
                (message, "leave the file out of the layer that adds it")
            } else {
                continue;
            };
            faults.push((entry, message, fix));
        }
        let fault = |(entry, message, fix): (&Entry, String, &'static str)| {
            Fault::new(Location::Path(layer, entry.name().to_owned()), message, fix)
        };
        capped(layer, faults, fault)
    });
    faults.collect()
}
