//! Images as their stored bytes are, read as far as somebody wants to know.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::error::ExamineError;
use super::surveys::{Surveys, survey_all};
use crate::check::{Document, ImageView, LayerView, NotRead};
use crate::image::{CREATED_BY_PREFIX, Image};
use crate::source::{ImageName, ImageRef, SourceError, StoredImage, StoredLayer};
use crate::survey::Probe;
use crate::work::Run;

/// Reads an image, and those of its layers that `wanted` picks, by their numbers and by whether they are known
/// to be the base's.
pub(crate) fn see(
    source: &ImageRef,
    raw: &StoredImage,
    wanted: impl Fn(usize, bool) -> bool,
    probes: &[&dyn Probe],
    run: Run<'_>,
) -> Result<ImageView, ExamineError> {
    let config = raw.config.as_ref().map(|bytes| Document::new(Arc::clone(bytes))).unwrap_or_default();
    let base_layers = base_layers(&config, raw.layers.len());
    let picked =
        |(at, layer): (usize, &StoredLayer)| wanted(at, at < base_layers).then(|| layer.source.clone());
    let mut sources: Vec<_> = raw.layers.iter().enumerate().map(picked).collect();
    // A layer that is named again is read once: a manifest of a few bytes may name it a thousand times.
    let mut firsts = BTreeMap::new();
    let mut first_of = |at: usize| match &raw.layers[at].descriptor {
        stated if sources[at].is_some() && stated["digest"].is_string() => {
            *firsts.entry((stated["digest"].to_string(), stated["size"].to_string())).or_insert(at)
        }
        _ => at,
    };
    let first: Vec<_> = (0..sources.len()).map(&mut first_of).collect();
    (0..sources.len()).filter(|at| first[*at] != *at).for_each(|at| sources[at] = None);
    let read = survey_all(&sources, probes, run)?.into_iter();
    let mut read: Vec<_> = read.map(|survey| survey.map(|survey| survey.map(Arc::new))).collect();
    // A network that breaks says nothing about the image.
    let failed = read.iter().position(|survey| matches!(survey, Some(Err(_))));
    if let Some(at) = failed.filter(|_| raw.is_remote)
        && let Some(Err(why)) = read.swap_remove(at)
    {
        return Err(reading(source, why));
    }
    let surveys = first.into_iter().map(|at| read[at].as_ref());
    let layers = raw.layers.iter().zip(surveys).enumerate().map(|(at, (layer, survey))| {
        let survey = match survey {
            None => Err(NotRead::Base),
            Some(Ok(survey)) => Ok(Arc::clone(survey)),
            Some(Err(why)) => Err(NotRead::Missing(why.to_string())),
        };
        Ok(LayerView { descriptor: layer.descriptor.clone(), of_base: at < base_layers, survey })
    });
    Ok(ImageView {
        layers: layers.collect::<Result<_, ExamineError>>()?,
        reference: raw.reference.clone(),
        descriptor: raw.descriptor.clone(),
        index: raw.index.clone().map(Document::new),
        manifest: raw.manifest.clone().map(Document::new),
        config,
        lacks_config: raw.config.clone().err(),
        profile: None,
    })
}

/// An image as its bytes are, its first `skip` layers left alone.
pub fn see_image(
    source: &ImageRef,
    image: &Image,
    base_layers: usize,
    skip: usize,
    surveys: &Surveys,
    run: Run<'_>,
) -> Result<ImageView, ExamineError> {
    let read = surveys.of(&image.layers[skip..], run)?.into_iter();
    let read = read.map(|survey| Ok::<_, ExamineError>(Ok(survey.map_err(|error| reading(source, error))?)));
    let all = image.layers[..skip].iter().map(|_| Ok(Err(NotRead::Base))).chain(read);
    let layers = image.layers.iter().zip(all).enumerate().map(|(at, (layer, survey))| {
        let (descriptor, of_base) = (layer.descriptor.to_json(), at < base_layers);
        Ok(LayerView { descriptor, of_base, survey: survey? })
    });
    Ok(ImageView {
        descriptor: Some(image.descriptor()),
        manifest: Some(Document::new(Arc::clone(&image.manifest))),
        config: Document::new(Arc::clone(image.config.bytes())),
        layers: layers.collect::<Result<_, ExamineError>>()?,
        ..ImageView::default()
    })
}

fn reading(source: &ImageRef, error: io::Error) -> ExamineError {
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
