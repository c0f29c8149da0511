//! Images as their stored bytes are, read as far as somebody wants to know.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::error::BuildError;
use crate::base::raw::{Raw, RawLayer};
use crate::base::{BaseError, BaseRef};
use crate::check::{Document, Seen, SeenLayer, Unread};
use crate::digest::Digest;
use crate::image::{BlobSource, Image, MADE_HERE};
use crate::pack::Effort;
use crate::survey::{Probe, Survey, probes};

/// Reads an image, and those of its layers that `wanted` picks, by their numbers and by whether they are known
/// to be the base's.
pub(crate) fn see(
    source: &BaseRef,
    raw: &Raw,
    wanted: impl Fn(usize, bool) -> bool,
    probes: &[&dyn Probe],
    effort: Effort<'_>,
) -> Result<Seen, BuildError> {
    let config = raw.config.as_ref().map(|bytes| Document::new(Arc::clone(bytes))).unwrap_or_default();
    let base_layers = base_layers(&config, raw.layers.len());
    let picked = |(at, layer): (usize, &RawLayer)| wanted(at, at < base_layers).then(|| layer.source.clone());
    let sources: Vec<_> = raw.layers.iter().enumerate().map(picked).collect();
    let surveys = survey_all(&sources, probes, effort)?;
    let remote = raw.reference.is_some();
    let layers = raw.layers.iter().zip(surveys).enumerate().map(|(at, (layer, survey))| {
        let survey = match survey {
            None => Err(Unread::Base),
            Some(Ok(survey)) => Ok(Arc::new(survey)),
            // A network that breaks says nothing about the image.
            Some(Err(why)) if remote => return Err(reading(source, why)),
            Some(Err(why)) => Err(Unread::Missing(why.to_string())),
        };
        Ok(SeenLayer { descriptor: layer.descriptor.clone(), of_base: at < base_layers, survey })
    });
    Ok(Seen {
        layers: layers.collect::<Result<_, BuildError>>()?,
        reference: raw.reference.clone(),
        descriptor: raw.descriptor.clone(),
        index: raw.index.clone().map(Document::new),
        manifest: raw.manifest.clone().map(Document::new),
        config,
        lacks_config: raw.config.clone().err(),
        profile: None,
    })
}

/// Surveys by diff_id: what is in a layer does not change.
pub type Surveys = BTreeMap<Digest, Arc<Survey>>;

/// An image as its bytes are, its first `skip` layers left alone.
pub fn see_image(
    source: &BaseRef,
    image: &Image,
    base_layers: usize,
    skip: usize,
    known: &mut Surveys,
    effort: Effort<'_>,
) -> Result<Seen, BuildError> {
    let new: Vec<_> =
        image.layers[skip..].iter().filter(|layer| !known.contains_key(&layer.diff_id)).cloned().collect();
    let sources: Vec<_> = new.iter().map(|layer| Some(Ok(Arc::clone(&layer.source)))).collect();
    for (layer, survey) in new.iter().zip(survey_all(&sources, probes::ALL, effort)?) {
        let Some(survey) = survey else { continue };
        known.insert(layer.diff_id, Arc::new(survey.map_err(|error| reading(source, error))?));
    }
    let layers = image.layers.iter().enumerate().map(|(at, layer)| SeenLayer {
        descriptor: layer.descriptor.to_json(),
        of_base: at < base_layers,
        survey: known.get(&layer.diff_id).filter(|_| at >= skip).cloned().ok_or(Unread::Base),
    });
    Ok(Seen {
        descriptor: Some(image.descriptor()),
        manifest: Some(Document::new(Arc::clone(&image.manifest))),
        config: Document::new(Arc::clone(image.config.bytes())),
        layers: layers.collect(),
        ..Seen::default()
    })
}

fn reading(source: &BaseRef, error: io::Error) -> BuildError {
    let base = source.to_string();
    let source = crate::pack::PackError::Read { origin: base.clone(), source: error };
    BaseError::Pack { base, source }.into()
}

/// How many layers lie below the first one that this tool made; none where it made none, for other tools do
/// not say where a base ends.
fn base_layers(config: &Document, layers: usize) -> usize {
    let history = config.value["history"].as_array().map_or(&[][..], Vec::as_slice);
    let mut entries = history.iter().filter(|entry| entry["empty_layer"] != true);
    let made = |by: &serde_json::Value| by["created_by"].as_str().is_some_and(|by| by.starts_with(MADE_HERE));
    let below = entries.position(made).unwrap_or(0);
    below.min(layers)
}

/// Where the bytes of a layer are, or why they are nowhere.
type Source = Result<Arc<dyn BlobSource>, String>;

/// Surveys layers, several at once, in order; what is `None` is left alone.
fn survey_all(
    layers: &[Option<Source>],
    probes: &[&dyn Probe],
    effort: Effort<'_>,
) -> Result<Vec<Option<io::Result<Survey>>>, BuildError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::from_iter(layers.iter().map(|_| None)));
    thread::scope(|scope| {
        for _ in 0..effort.jobs.get().min(layers.len()) {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(layer) = layers.get(index)
                {
                    let surveyed = match layer {
                        None => continue,
                        Some(Ok(source)) => survey(&**source, probes, effort.interrupted),
                        Some(Err(why)) => Err(io::Error::new(io::ErrorKind::NotFound, why.clone())),
                    };
                    done.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(surveyed);
                }
            });
        }
    });
    effort.check()?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn survey(source: &dyn BlobSource, probes: &[&dyn Probe], interrupted: &AtomicBool) -> io::Result<Survey> {
    Survey::read(Watched { stored: source.open()?, interrupted }, probes)
}

/// A source that ends when the user interrupts.
struct Watched<'a, R> {
    stored: R,
    interrupted: &'a AtomicBool,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        self.stored.read(buf)
    }
}
