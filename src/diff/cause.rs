//! Why two images differ, in a sentence each.

use serde_json::Value;

use super::{By, Difference, LayerDifference, State, layer_cause, survey};
use crate::check::Seen;
use crate::image::MADE_HERE;
use crate::inspect::Base;
use crate::pipeline::FORMAT_ANNOTATION;
use crate::survey::Tree;

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
        let found = layer_cause::of(layer);
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
