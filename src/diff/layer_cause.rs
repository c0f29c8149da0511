//! Why two layers differ, in a sentence each.

use std::collections::BTreeSet;

use super::files::{Aspect, Change, Files};
use super::{LayerDifference, PairedBy, State};
use crate::inspect::Layer;

/// The causes of one layer, by their names.
pub fn of(layer: &LayerDifference) -> Vec<(&'static str, String)> {
    let files = match &layer.state {
        State::Same | State::NotRead => return Vec::new(),
        State::Repacked => return vec![("compression", repacked(layer))],
        State::Files(_) if layer.pair.by == PairedBy::Alone => return Vec::new(),
        State::Files(files) => files,
    };
    if files.is_empty() {
        let vague = if files.vague { ", values of extended attributes, holes in files" } else { "" };
        let more = format!("kind of headers, names of owners, fractions of seconds, padding{vague}");
        return vec![(
            "tar-form",
            format!("the files are the same, but the tar stores them differently: {more}"),
        )];
    }
    let mut causes = Vec::new();
    let whole = files.changes.iter().all(|change| change.a.is_some() && change.b.is_some());
    let mut aspects: BTreeSet<Aspect> = files.changes.iter().flat_map(|one| one.aspects.clone()).collect();
    if files.moved > 0 {
        aspects.insert(Aspect::Order);
    }
    if whole && aspects.iter().all(|aspect| !matches!(aspect, Aspect::Content | Aspect::Kind)) {
        causes.push(only(&aspects, files));
    }
    causes.extend(clocks(files));
    causes.extend(leftovers(files));
    causes
}

fn repacked(layer: &LayerDifference) -> String {
    let packing = |layer: &Option<Layer>| {
        let media_type = layer.as_ref().and_then(|layer| layer.media_type.clone()).unwrap_or_default();
        if media_type.contains("gzip") {
            "gzip"
        } else if media_type.contains("zstd") {
            "zstd"
        } else {
            "no compression"
        }
    };
    match (packing(&layer.a), packing(&layer.b)) {
        (a, b) if a == b => {
            "only the compression of the same tar differs: another compressor or level".to_owned()
        }
        (a, b) => format!("only the compression of the same tar differs: {a} in A, {b} in B"),
    }
}

/// Nothing but these differ.
fn only(aspects: &BTreeSet<Aspect>, files: &Files) -> (&'static str, String) {
    let mut sentence = format!("only {} differ", words(aspects));
    let mut id = "metadata";
    if aspects.len() == 1 {
        (id, sentence) = match aspects.first() {
            Some(Aspect::Time) => ("times", sentence),
            Some(Aspect::Mode) => ("modes", sentence),
            Some(Aspect::Owner) => ("owners", sentence),
            Some(Aspect::Link) => ("links", sentence),
            Some(Aspect::Order) => {
                let of = format!("{} of {} would have to move", files.moved, files.common);
                ("order", format!("only the order of the entries differs: {of}"))
            }
            Some(Aspect::Attributes) => ("attributes", sentence),
            Some(Aspect::Spelling) => ("spelling", sentence),
            _ => (id, sentence),
        };
    }
    if aspects.contains(&Aspect::Time) {
        sentence += &times(files);
    }
    (id, sentence)
}

/// `modes, owners and times`.
pub fn words(aspects: &BTreeSet<Aspect>) -> String {
    let words: Vec<_> = aspects.iter().map(|aspect| plural(*aspect)).collect();
    match words.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

fn plural(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Kind => "kinds",
        Aspect::Content => "contents",
        Aspect::Link => "targets of links",
        Aspect::Mode => "modes",
        Aspect::Owner => "owners",
        Aspect::Time => "times",
        Aspect::Attributes => "extended attributes",
        Aspect::Spelling => "spellings of paths",
        Aspect::Order => "order",
    }
}

/// What the times say of how they came about.
fn times(files: &Files) -> String {
    let changed = || files.changes.iter().filter(|change| change.aspects.contains(&Aspect::Time));
    let of_a: BTreeSet<_> = changed().filter_map(|change| Some(change.a.as_ref()?.mtime)).collect();
    let of_b: BTreeSet<_> = changed().filter_map(|change| Some(change.b.as_ref()?.mtime)).collect();
    let text = |seconds: &i64| {
        jiff::Timestamp::from_second(*seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
    };
    let one =
        |times: &BTreeSet<i64>| times.first().filter(|_| times.len() == 1 && changed().count() > 1).map(text);
    match (one(&of_a), one(&of_b)) {
        (Some(a), Some(b)) => format!(": {a} for all files in A, {b} in B: another `SOURCE_DATE_EPOCH`"),
        (Some(a), None) => format!(": {a} for all files in A, the times of the files in B"),
        (None, Some(b)) => format!(": the times of the files in A, {b} for all files in B"),
        (None, None) => ": the times of the files were kept".to_owned(),
    }
}

/// Contents that differ in nothing but a time.
fn clocks(files: &Files) -> Vec<(&'static str, String)> {
    let contents: Vec<_> =
        files.changes.iter().filter(|change| change.aspects.contains(&Aspect::Content)).collect();
    let clocked: Vec<&Change> = contents.iter().copied().filter(|change| change.clock.is_some()).collect();
    let Some(first) = clocked.first() else { return Vec::new() };
    let places: BTreeSet<_> = clocked.iter().filter_map(|change| Some(change.clock?.place())).collect();
    let places: Vec<_> = places.into_iter().collect();
    let count = match (clocked.len(), contents.len()) {
        (1, 1) => "one file differs".to_owned(),
        (clocked, all) if clocked == all => format!("all {all} changed files differ"),
        (clocked, all) => format!("{clocked} of {all} changed files differ"),
    };
    let path = first.path.escape_debug();
    vec![(
        "clock",
        format!(
            "files contain a time: {count} only in {}: `/{path}`{}",
            places.join(", "),
            more(clocked.len())
        ),
    )]
}

fn more(count: usize) -> String {
    if count > 1 { format!(" and {} more", count - 1) } else { String::new() }
}

/// What running programs leave behind, where only one image has it.
fn leftovers(files: &Files) -> Vec<(&'static str, String)> {
    let mut causes = Vec::new();
    for (side, here) in [("A", (true, false)), ("B", (false, true))] {
        let all = files.changes.iter().filter(|one| (one.a.is_some(), one.b.is_some()) == here);
        let left: Vec<_> = all.filter(|one| one.path.ends_with(".pyc")).collect();
        if let Some(first) = left.first() {
            let (path, more) = (first.path.escape_debug(), more(left.len()));
            causes.push(("bytecode", format!("only {side} has bytecode that Python wrote: `/{path}`{more}")));
        }
    }
    causes
}
