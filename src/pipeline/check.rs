//! From an image, wherever it is, to what is wrong with it.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::error::BuildError;
use crate::arch::Arch;
use crate::base::raw::{self, Raw, RawLayer};
use crate::base::{BaseError, BaseRef, Workplace};
use crate::check::{Accepted, Document, Report, Seen, SeenLayer, Unread, Wishes, recognise};
use crate::digest::Digest;
use crate::image::{BlobSource, MADE_HERE};
use crate::pack::Effort;
use crate::runtime::{self, RuntimeProfile};
use crate::survey::{Probe, Survey, probes};

/// What to check for.
#[derive(Clone, Debug, Default)]
pub struct Checking {
    /// The runtime, where it is not to be recognised.
    pub runtime: Option<String>,
    /// Whether to read layers that are known to be the base's, too.
    pub deep: bool,
    /// What the user wants of the image.
    pub wishes: Wishes,
    /// What the user accepts.
    pub accepted: Accepted,
}

/// What was checked, and what was found.
pub struct Checked {
    /// The name of the image.
    pub name: String,
    /// Digest of its manifest, where it has one.
    pub digest: Option<Digest>,
    /// The architecture that it is for.
    pub arch: Option<Arch>,
    /// Its runtime, named or recognised.
    pub profile: Option<RuntimeProfile>,
    /// How many layers were read, and how many there are.
    pub layers: (usize, usize),
    /// What was found.
    pub report: Report,
}

/// Checks the image that `source` names: layers that are known to be a base's are left alone where they would
/// have to be fetched, unless `checking.deep`.
///
/// # Errors
/// [`BuildError`] where there is no image to judge, or its bytes cannot be had.
pub fn check(source: &BaseRef, checking: &Checking, at: &Workplace<'_>) -> Result<Checked, BuildError> {
    let raw = raw::raw(source, checking.wishes.arch, at)?;
    let skip = raw.reference.is_some() && !checking.deep;
    let seen = see(source, &raw, |_, of_base| !(skip && of_base), probes::ALL, at.effort)?;
    judge(source.to_string(), seen, checking)
}

/// Runs the checks.
fn judge(name: String, mut seen: Seen, checking: &Checking) -> Result<Checked, BuildError> {
    seen.profile = match &checking.runtime {
        Some(id) => Some(runtime::profile(id)?),
        None => recognise(&seen),
    };
    let report = Report::of(&seen, &checking.wishes, &checking.accepted);
    let layers = (seen.surveys().count(), seen.layers.len());
    let arch = seen.config.value["architecture"].as_str().and_then(Arch::from_oci);
    let digest = seen.manifest.as_ref().map(|manifest| Digest::of(&manifest.bytes));
    Ok(Checked { name, digest, arch, profile: seen.profile, layers, report })
}

/// Reads an image and those of its layers that `wanted` picks, by their numbers and by whether they are known
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
    let picked =
        raw.layers.iter().enumerate().map(|(at, layer)| wanted(at, at < base_layers).then_some(layer));
    let surveys = survey_all(&picked.collect::<Vec<_>>(), probes, effort)?;
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
        profile: None,
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

/// Surveys layers, several at once, in order; what is `None` is left alone.
fn survey_all(
    layers: &[Option<&RawLayer>],
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
                    let Some(layer) = layer else { continue };
                    let surveyed = match &layer.source {
                        Ok(source) => survey(&**source, probes, effort.interrupted),
                        Err(why) => Err(io::Error::new(io::ErrorKind::NotFound, why.clone())),
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
