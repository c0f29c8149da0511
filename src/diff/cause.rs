//! Why two images differ, in a sentence each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::contents::{Contents, survey};
use super::files::{Aspect, changed};
use super::{Cause, Difference, LayerDifference, PairedBy, State, layer_cause};
use crate::check::ImageView;
use crate::image::{CREATED_BY_PREFIX, FORMAT_ANNOTATION};
use crate::inspect::Base;
use crate::survey::Tree;

/// A cause of the image as a whole: name and sentence.
type OfImage = Option<(&'static str, String)>;

/// The causes that are known: of the image first, then of its layers from the lowest.
pub fn causes(difference: &Difference, contents: &Contents) -> Vec<Cause> {
    let image = [
        platform(difference),
        other_base(difference),
        tool(contents),
        layer_format(difference),
        media_types(difference),
        created(difference),
        layer_order(difference),
        documents(difference),
        split(difference, contents),
    ];
    let image = image.into_iter().flatten().map(|(id, sentence)| Cause { id, layer: None, sentence });
    let layers = difference.layers.iter().enumerate().flat_map(|(at, layer)| {
        let causes = layer_cause::of(layer).into_iter();
        causes.map(move |(id, sentence)| Cause { id, layer: Some(at), sentence })
    });
    image.chain(layers).collect()
}

fn platform(difference: &Difference) -> OfImage {
    let (a, b) = (&difference.a.platform, &difference.b.platform);
    (a != b).then(|| ("platform", format!("A is for {a}, B for {b}")))
}

fn tool(contents: &Contents) -> OfImage {
    let made_here = |view: &ImageView| {
        let history = view.config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
        history
            .iter()
            .any(|entry| entry["created_by"].as_str().is_some_and(|by| by.starts_with(CREATED_BY_PREFIX)))
    };
    let sentence = match (made_here(&contents.a), made_here(&contents.b)) {
        (true, false) => "A was made by lambda-img, B by another tool",
        (false, true) => "B was made by lambda-img, A by another tool",
        _ => return None,
    };
    Some(("tool", sentence.to_owned()))
}

/// The texts of a field in A and B, where it differs.
fn texts<'d>(
    difference: &'d Difference,
    document: &str,
    path: &str,
) -> Option<(Option<&'d str>, Option<&'d str>)> {
    let mut fields = difference.fields.iter();
    let field = fields.find(|field| field.document == document && field.path == path)?;
    Some((field.a.as_ref().and_then(Value::as_str), field.b.as_ref().and_then(Value::as_str)))
}

fn layer_format(difference: &Difference) -> OfImage {
    let path = format!("annotations.{FORMAT_ANNOTATION}");
    let (Some(a), Some(b)) = texts(difference, "manifest", &path)? else { return None };
    Some(("layer-format", format!("the layer formats differ: {a} in A, {b} in B")))
}

fn media_types(difference: &Difference) -> OfImage {
    let (Some(a), Some(b)) = texts(difference, "manifest", "mediaType")? else { return None };
    Some(("media-types", format!("the media types differ: {a} in A, {b} in B")))
}

fn created(difference: &Difference) -> OfImage {
    let (a, b) = texts(difference, "config", "created")?;
    let (a, b) = (a.unwrap_or("without a time"), b.unwrap_or("without a time"));
    let why = "another `SOURCE_DATE_EPOCH`, or the clock";
    Some(("created", format!("created {a} in A, {b} in B: {why}")))
}

/// Whether layers that both have lie in one order.
fn in_order(difference: &Difference) -> bool {
    difference
        .layers
        .iter()
        .filter(|layer| layer.pair.b.is_some())
        .filter_map(|layer| layer.pair.a)
        .is_sorted()
}

fn layer_order(difference: &Difference) -> OfImage {
    let sentence = "the layers that both images have are in another order";
    (!in_order(difference)).then(|| ("layer-order", sentence.to_owned()))
}

fn documents(difference: &Difference) -> OfImage {
    if !in_order(difference) || difference.layers.iter().any(|layer| layer.state != State::Same) {
        return None;
    }
    let sentence = match difference.fields.is_empty() {
        false => "all layers are the same; only the manifest or the configuration differs",
        true => {
            "the manifest and the configuration have the same values, but the order of keys or the spaces differ"
        }
    };
    Some(("documents", sentence.to_owned()))
}

fn other_base(difference: &Difference) -> OfImage {
    let (a, b) = (&difference.a.base, &difference.b.base);
    let digest = |base: &Base| base.digest.as_deref().map_or("unknown".to_owned(), short);
    let name = |base: &Base| match (&base.name, &base.digest) {
        (Some(name), Some(digest)) => format!("{name}@{}", short(digest)),
        (Some(name), None) => name.clone(),
        (None, Some(digest)) => {
            format!("{}{}", if base.embedded { "the embedded base, " } else { "" }, short(digest))
        }
        (None, None) => "a base without a name".to_owned(),
    };
    let differs = |layer: &LayerDifference| {
        let base = [&layer.a, &layer.b].into_iter().flatten().any(|layer| layer.of_base);
        base && !layer.pair.is_one_tar()
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
    let (Some(a), Some(b)) = (&a.name, &b.name) else { return None };
    (a != b).then(|| ("base-name", format!("the base is the same under two names: {a} in A, {b} in B")))
}

/// A digest as people tell digests apart.
fn short(digest: &str) -> String {
    let short: String = digest.chars().take("sha256:".len() + 12).collect();
    if short.len() < digest.len() { format!("{short}…") } else { short }
}

fn split(difference: &Difference, contents: &Contents) -> OfImage {
    let aspects = cut_otherwise(difference, contents)?;
    let but = match aspects.is_empty() {
        true => String::new(),
        false => format!("; {} differ", layer_cause::words(&aspects)),
    };
    Some(("split", format!("the files have the same content, but are split into layers differently{but}")))
}

/// Where the layers that differ hold the same together: in which other ways their files differ. Of several
/// layers only, and where all were read.
fn cut_otherwise(difference: &Difference, contents: &Contents) -> Option<BTreeSet<Aspect>> {
    let differ: Vec<_> = difference.layers.iter().filter(|layer| layer.state != State::Same).collect();
    let read: Vec<_> = differ.iter().filter(|layer| matches!(layer.state, State::Files(_))).collect();
    if !read.iter().any(|layer| layer.pair.by == PairedBy::Alone)
        || differ.iter().any(|layer| layer.state == State::NotRead)
    {
        return None;
    }
    let surveys = |view: &ImageView, of: fn(&LayerDifference) -> Option<usize>| {
        let mut layers: Vec<_> = read.iter().filter_map(|layer| of(layer)).collect();
        layers.sort_unstable();
        layers.into_iter().filter_map(|at| Some((at, survey(view, at)?))).collect::<Vec<_>>()
    };
    let (of_a, of_b) =
        (surveys(&contents.a, |layer| layer.pair.a), surveys(&contents.b, |layer| layer.pair.b));
    // What a whiteout hides lies below, and is not seen here.
    let mut entries = of_a.iter().chain(&of_b).flat_map(|(_, survey)| &survey.entries);
    if entries.any(|entry| entry.whiteout().is_some()) {
        return None;
    }
    let tree_a = Tree::new(of_a.iter().map(|(at, survey)| (*at, &**survey)), true);
    let tree_b = Tree::new(of_b.iter().map(|(at, survey)| (*at, &**survey)), true);
    let (mut in_a, mut in_b, mut aspects) = (tree_a.iter(), tree_b.iter(), BTreeSet::new());
    loop {
        match (in_a.next(), in_b.next()) {
            (None, None) => return Some(aspects),
            (Some((name, a)), Some((other, b))) if name == other => {
                aspects.extend(changed(a.entry, b.entry).into_iter().flat_map(|change| change.aspects));
            }
            _ => return None,
        }
        if aspects.contains(&Aspect::Content) || aspects.contains(&Aspect::Kind) {
            return None;
        }
    }
}
