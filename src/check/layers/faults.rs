//! Faults of entries of layers.

use crate::check::{Fault, Location, Subject};
use crate::survey::Entry;

/// The most findings of one check about one layer: a thousand times the same tells no more.
const MOST: usize = 10;

/// A fault for each of the first of these things in a layer, and how many more there are: of those nothing is
/// made.
pub fn capped<T>(
    layer: usize,
    things: impl IntoIterator<Item = T>,
    fault: impl Fn(T) -> Fault,
) -> Vec<Fault> {
    let mut things = things.into_iter();
    let mut faults: Vec<_> = things.by_ref().take(MOST).map(fault).collect();
    let more = things.count();
    if more > 0 {
        let fix = faults.last().map(|fault| fault.fix.clone()).unwrap_or_default();
        faults.push(Fault::new(Location::Layer(layer), format!("{more} more findings of this kind"), fix));
    }
    faults
}

/// One fault for each layer that has such entries, with their number and the first of them.
pub fn counted(
    subject: &Subject<'_>,
    is: impl Fn(usize, &Entry) -> bool,
    what: &str,
    fix: &str,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (layer, survey) in subject.surveys() {
        let mut such = survey.entries.iter().filter(|entry| is(layer, entry));
        let Some(first) = such.next() else { continue };
        let message = match such.count() {
            0 => format!("it is {what}"),
            more => format!("it and {more} more in layer {layer} are each {what}"),
        };
        faults.push(Fault::new(Location::Path(layer, first.name().to_owned()), message, fix));
    }
    faults
}

/// Whether a path is where Linux distributions have their own files. What is odd there is odd in millions
/// of images that Lambda runs.
pub fn of_distribution(name: &str) -> bool {
    let top = name.split('/').next().unwrap_or_default();
    let own = matches!(top, "bin" | "sbin" | "lib" | "lib32" | "lib64" | "libx32" | "usr" | "dev" | "etc");
    own && !name.starts_with("usr/local/")
}
