//! Reads the stored bytes of images, without a conversion.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::error::ExamineError;
use super::surveys::{Source, Surveys, survey_all};
use crate::check::{Document, ImageView, LayerView, NotRead};
use crate::image::{CREATED_BY_PREFIX, Image};
use crate::source::{ImageName, ImageRef, SourceError, StoredImage, StoredLayer};
use crate::survey::Probe;
use crate::work::Run;

/// Reads an image, and those of its layers that `wanted` picks by their numbers and by whether they are known to be
/// the base's.
pub(crate) fn read_image(
    source: &ImageRef,
    raw: &StoredImage,
    wanted: impl Fn(usize, bool) -> bool,
    probes: &[&dyn Probe],
    run: Run<'_>,
) -> Result<ImageView, ExamineError> {
    let config = raw.config.as_ref().map(|bytes| Document::new(Arc::clone(bytes))).unwrap_or_default();
    let base_layers = base_layers(&config, raw.layers.len());
    let mut sources = Vec::new();
    for (at, layer) in raw.layers.iter().enumerate() {
        sources.push(wanted(at, at < base_layers).then(|| layer.source.clone()));
    }
    let firsts = first_alike(&raw.layers, &sources);
    for (at, first) in firsts.iter().enumerate() {
        if *first != at {
            sources[at] = None;
        }
    }
    let mut read = Vec::new();
    for survey in survey_all(&sources, probes, run)? {
        read.push(match survey {
            None => Err(NotRead::Base),
            Some(Ok(survey)) => Ok(Arc::new(survey)),
            // A network that breaks says nothing about the image.
            Some(Err(why)) if raw.is_remote => return Err(unreadable(source, why)),
            Some(Err(why)) => Err(NotRead::Missing(why.to_string())),
        });
    }
    let mut layers = Vec::new();
    for (at, layer) in raw.layers.iter().enumerate() {
        let survey = read[firsts[at]].clone();
        layers.push(LayerView { descriptor: layer.descriptor.clone(), of_base: at < base_layers, survey });
    }
    Ok(ImageView {
        layers,
        reference: raw.reference.clone(),
        descriptor: raw.descriptor.clone(),
        index: raw.index.clone().map(Document::new),
        manifest: raw.manifest.clone().map(Document::new),
        config,
        lacks_config: raw.config.clone().err(),
        profile: None,
    })
}

/// For each layer the first one of those that are read which has its digest and size: a layer that is named again
/// is read once, for a manifest of a few bytes may name it a thousand times.
fn first_alike(layers: &[StoredLayer], sources: &[Option<Source>]) -> Vec<usize> {
    let (mut known, mut firsts) = (BTreeMap::new(), Vec::new());
    for (at, layer) in layers.iter().enumerate() {
        let (digest, size) = (&layer.descriptor["digest"], &layer.descriptor["size"]);
        let is_read = sources[at].is_some() && digest.is_string();
        firsts.push(match is_read {
            true => *known.entry((digest.to_string(), size.to_string())).or_insert(at),
            false => at,
        });
    }
    firsts
}

/// An image as its bytes are, its first `skip` layers left alone.
pub fn view_image(
    source: &ImageRef,
    image: &Image,
    base_layers: usize,
    skip: usize,
    surveys: &Surveys,
    run: Run<'_>,
) -> Result<ImageView, ExamineError> {
    let read = surveys.of(&image.layers[skip..], run)?.map_err(|error| unreadable(source, error))?;
    let mut surveys = vec![Err(NotRead::Base); skip];
    surveys.extend(read.into_iter().map(Ok));
    let mut layers = Vec::new();
    for (at, (layer, survey)) in image.layers.iter().zip(surveys).enumerate() {
        layers.push(LayerView { descriptor: layer.descriptor.to_json(), of_base: at < base_layers, survey });
    }
    Ok(ImageView {
        descriptor: Some(image.descriptor()),
        manifest: Some(Document::new(Arc::clone(&image.manifest))),
        config: Document::new(Arc::clone(image.config.bytes())),
        layers,
        ..ImageView::default()
    })
}

fn unreadable(source: &ImageRef, error: io::Error) -> ExamineError {
    SourceError::Read { image: ImageName::image(source), source: error }.into()
}

/// How many layers lie below the first one that this tool made; none where it made none, for other tools do
/// not say where a base ends.
pub fn base_layers(config: &Document, layers: usize) -> usize {
    let history = config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
    let mut entries = history.iter().filter(|entry| entry["empty_layer"] != true);
    let made = |by: &serde_json::Value| {
        by["created_by"].as_str().is_some_and(|by| by.starts_with(CREATED_BY_PREFIX))
    };
    let below = entries.position(made).unwrap_or(0);
    below.min(layers)
}
