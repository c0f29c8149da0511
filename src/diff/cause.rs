//! Why two images differ, in a sentence each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::files::{Aspect, Change, Files};
use super::{By, Difference, LayerDifference, State, survey};
use crate::check::Seen;
use crate::image::MADE_HERE;
use crate::inspect::Base;
use crate::pipeline::FORMAT_ANNOTATION;
use crate::survey::{Tree, split};

/// A reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Its name: words of lower case and hyphens.
    pub id: &'static str,
    /// Which of [`Difference::layers`] it is about; else the image.
    pub layer: Option<usize>,
    /// A sentence without its full stop.
    pub sentence: String,
}

/// The causes that are known: of the image first, then of its layers from the lowest.
pub fn causes(difference: &Difference, a: &Seen, b: &Seen) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut image = |id, sentence| causes.push(Cause { id, layer: None, sentence });
    let (of_a, of_b) = (&difference.a, &difference.b);
    if of_a.platform != of_b.platform {
        let sentence = format!("A is for {}, B for {}", of_a.platform, of_b.platform);
        image("platform", sentence);
    }
    if let Some((id, sentence)) = other_base(difference) {
        image(id, sentence);
    }
    let made_here = |seen: &Seen| {
        let history = seen.config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
        history.iter().any(|entry| entry["created_by"].as_str().is_some_and(|by| by.starts_with(MADE_HERE)))
    };
    match (made_here(a), made_here(b)) {
        (true, false) => image("tool", "A was made by lambda-img, B by another tool".to_owned()),
        (false, true) => image("tool", "B was made by lambda-img, A by another tool".to_owned()),
        _ => {}
    }
    let field = |document: &str, path: &str| {
        difference.fields.iter().find(|field| field.document == document && field.path == path)
    };
    if let Some(field) = field("manifest", &format!("annotations.{FORMAT_ANNOTATION}"))
        && let (Some(Value::String(a)), Some(Value::String(b))) = (&field.a, &field.b)
    {
        image("layer-format", format!("the layers are of another format: {a} in A, {b} in B"));
    }
    if let Some(field) = field("manifest", "mediaType")
        && let (Some(Value::String(a)), Some(Value::String(b))) = (&field.a, &field.b)
    {
        image("media-types", format!("the media types are of two families: {a} in A, {b} in B"));
    }
    if let Some(field) = field("config", "created") {
        let time =
            |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or("at no time").to_owned();
        let (a, b) = (time(&field.a), time(&field.b));
        image("created", format!("created {a} in A, {b} in B: another `SOURCE_DATE_EPOCH`, or the clock"));
    }
    let same = |layer: &LayerDifference| layer.state == State::Same;
    let order: Vec<_> = difference.layers.iter().filter_map(|layer| layer.pair.a).collect();
    if !order.is_sorted() {
        image("layer-order", "layers that both have lie in another order".to_owned());
    }
    if difference.layers.iter().all(same) && order.is_sorted() {
        image(
            "documents",
            match difference.fields.is_empty() {
                false => "all layers are the same: only manifest or configuration differ".to_owned(),
                true => {
                    "manifest and configuration say the same, and are written otherwise: order of keys, or \
                         spaces"
                        .to_owned()
                }
            },
        );
    }
    if is_split(difference, a, b) {
        image("split", "the files are the same, and cut into layers otherwise".to_owned());
    }
    for (at, layer) in difference.layers.iter().enumerate() {
        let found = of_layer(layer);
        causes.extend(found.into_iter().map(|(id, sentence)| Cause { id, layer: Some(at), sentence }));
    }
    causes
}

fn other_base(difference: &Difference) -> Option<(&'static str, String)> {
    let (a, b) = (&difference.a.base, &difference.b.base);
    let digest = |base: &Base| base.digest.as_deref().map_or("unknown".to_owned(), short);
    let name = |base: &Base| match (&base.name, &base.digest) {
        (Some(name), Some(digest)) => format!("{name}@{}", short(digest)),
        (Some(name), None) => name.clone(),
        (None, Some(digest)) => {
            format!("{}{}", if base.embedded { "the embedded one, " } else { "" }, short(digest))
        }
        (None, None) => "one that is not named".to_owned(),
    };
    let differs = |layer: &LayerDifference| {
        let base = [&layer.a, &layer.b].into_iter().flatten().any(|layer| layer.of_base);
        base && !matches!(layer.pair.by, By::Digest | By::DiffId)
    };
    if a.digest != b.digest || a.embedded != b.embedded || difference.layers.iter().any(differs) {
        let sentence = match &a.name {
            _ if a.embedded && b.embedded => {
                format!("the embedded bases differ: {} in A, {} in B", digest(a), digest(b))
            }
            Some(one) if b.name.as_ref() == Some(one) => {
                format!("the base differs: {one} was {} in A, {} in B", digest(a), digest(b))
            }
            _ => format!("the bases differ: {} in A; {} in B", name(a), name(b)),
        };
        return Some(("base", sentence));
    }
    (a.name != b.name).then(|| {
        let name = |base: &Base| base.name.clone().unwrap_or("not named".to_owned());
        ("base-name", format!("the base is the same, by another name: {} in A, {} in B", name(a), name(b)))
    })
}

/// A digest as people tell digests apart.
fn short(digest: &str) -> String {
    let short: String = digest.chars().take("sha256:".len() + 12).collect();
    if short.len() < digest.len() { format!("{short}…") } else { short }
}

/// Whether the layers that differ hold the same together: of several only, and where all were read.
fn is_split(difference: &Difference, a: &Seen, b: &Seen) -> bool {
    let differ: Vec<_> = difference.layers.iter().filter(|layer| layer.state != State::Same).collect();
    if !differ.iter().any(|layer| layer.pair.by == By::Alone)
        || !differ.iter().all(|layer| matches!(layer.state, State::Files(_)))
    {
        return false;
    }
    let surveys = |seen: &Seen, of: fn(&LayerDifference) -> Option<usize>| {
        let mut layers: Vec<_> = differ.iter().filter_map(|layer| of(layer)).collect();
        layers.sort_unstable();
        layers.into_iter().filter_map(|at| Some((at, survey(seen, at)?))).collect::<Vec<_>>()
    };
    let (of_a, of_b) = (surveys(a, |layer| layer.pair.a), surveys(b, |layer| layer.pair.b));
    // What a whiteout hides lies below, and is not seen here.
    let hides = of_a.iter().chain(&of_b).flat_map(|(_, survey)| &survey.entries);
    if hides.clone().any(|entry| entry.whiteout().is_some()) {
        return false;
    }
    let tree_a = Tree::new(of_a.iter().map(|(at, survey)| (*at, &**survey)), true);
    let tree_b = Tree::new(of_b.iter().map(|(at, survey)| (*at, &**survey)), true);
    let (mut in_a, mut in_b) = (tree_a.iter(), tree_b.iter());
    loop {
        match (in_a.next(), in_b.next()) {
            (None, None) => return true,
            (Some((name, a)), Some((other, b)))
                if name == other && super::files::changed(a.entry, b.entry).is_none() => {}
            _ => return false,
        }
    }
}

fn of_layer(layer: &LayerDifference) -> Vec<(&'static str, String)> {
    let files = match &layer.state {
        State::Same | State::Unread => return Vec::new(),
        State::Repacked => return vec![("compression", repacked(layer))],
        State::Files(_) if layer.pair.by == By::Alone => return Vec::new(),
        State::Files(files) => files,
    };
    if files.is_empty() {
        let vague = if files.vague { ", values of extended attributes, holes in files" } else { "" };
        let more = format!("kind of headers, names of owners, fractions of seconds, padding{vague}");
        return vec![(
            "tar-form",
            format!("the files are the same, and the tar writes them otherwise: {more}"),
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
    let packing = |layer: &Option<crate::inspect::Layer>| {
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
            "only the compression differs, of the same tar: another compressor or level".to_owned()
        }
        (a, b) => format!("only the compression differs, of the same tar: {a} in A, {b} in B"),
    }
}

/// Nothing but these differ.
fn only(aspects: &BTreeSet<Aspect>, files: &Files) -> (&'static str, String) {
    let words: Vec<_> = aspects.iter().map(|aspect| plural(*aspect)).collect();
    let (last, first) = words.split_last().unwrap_or((&"metadata", &[]));
    let words =
        if first.is_empty() { (*last).to_owned() } else { format!("{} and {last}", first.join(", ")) };
    let mut sentence = format!("only {words} differ");
    let mut id = "metadata";
    if aspects.len() == 1 {
        (id, sentence) = match aspects.first() {
            Some(Aspect::Time) => ("times", sentence),
            Some(Aspect::Mode) => ("modes", sentence),
            Some(Aspect::Owner) => ("owners", sentence),
            Some(Aspect::Link) => ("links", sentence),
            Some(Aspect::Order) => {
                let of = format!("{} of {} would have to move", files.moved, files.common);
                ("order", format!("only the order of entries differs: {of}"))
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
        (Some(a), Some(b)) => format!(": one for all, {a} in A, {b} in B: another `SOURCE_DATE_EPOCH`"),
        (Some(a), None) => format!(": {a} for all in A, those of the files in B"),
        (None, Some(b)) => format!(": those of the files in A, {b} for all in B"),
        (None, None) => ": those of the files went in".to_owned(),
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
        (1, 1) => "the one that differs does so".to_owned(),
        (clocked, all) if clocked == all => format!("all {all} that differ do so"),
        (clocked, all) => format!("{clocked} of {all} that differ do so"),
    };
    let path = first.path.escape_debug();
    vec![(
        "clock",
        format!(
            "contents hold a clock: {count} only in {}: `/{path}`{}",
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
    let is_bytecode = |path: &str| path.ends_with(".pyc") || split(path).1 == "__pycache__";
    let mut causes = Vec::new();
    for (side, here) in [("A", (true, false)), ("B", (false, true))] {
        let all = files.changes.iter().filter(|one| (one.a.is_some(), one.b.is_some()) == here);
        let left: Vec<_> = all.filter(|one| is_bytecode(&one.path)).collect();
        if let Some(first) = left.last() {
            let path = first.path.escape_debug();
            causes.push((
                "bytecode",
                format!("only {side} has bytecode that Python left: `/{path}`{}", more(left.len())),
            ));
        }
    }
    causes
}
