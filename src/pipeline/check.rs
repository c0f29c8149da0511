//! From an image, wherever it is, to what is wrong with it.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::BuiltImage;
use super::error::BuildError;
use crate::arch::Arch;
use crate::base::raw::{self, Raw};
use crate::base::{BaseError, BaseRef, Workplace};
use crate::check::{Accepted, BaseNow, Document, Report, Seen, SeenLayer, Unread, Wishes, base, recognise};
use crate::context::Context;
use crate::digest::Digest;
use crate::image::{BlobSource, Image, MADE_HERE};
use crate::pack::Effort;
use crate::runtime::{self, RuntimeProfile};
use crate::survey::{Survey, probes};

/// What to check for.
#[derive(Clone, Debug, Default)]
pub struct Checking {
    /// The runtime, where it is not to be recognised.
    pub runtime: Option<String>,
    /// Whether to read layers that are known to be the base's, too.
    pub deep: bool,
    /// Whether to ask the registry what the tag of the base is now.
    pub ask_base: bool,
    /// What the user wants of the image.
    pub wishes: Wishes,
    /// What the user accepts.
    pub accepted: Accepted,
}

/// What was checked, and what was found.
#[derive(Debug)]
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
    let seen = see(source, raw, skip, at.effort)?;
    judge(source.to_string(), seen, checking, at.context)
}

/// Checks images that were built, before anybody sees them: the layers made here, each read once; those of
/// the base only where `checking.deep`.
///
/// # Errors
/// [`BuildError::Denied`], and those of reading.
pub fn built(
    images: &[BuiltImage],
    checking: &Checking,
    effort: Effort<'_>,
    context: &Context,
) -> Result<Vec<Checked>, BuildError> {
    let mut known = Surveys::new();
    let check = |built: &BuiltImage| {
        let skip = if checking.deep { 0 } else { built.base_layers };
        let seen = see_image(&built.base, &built.image, built.base_layers, skip, &mut known, effort)?;
        judge(format!("image for {}", built.arch), seen, checking, context)
    };
    accepted(images.iter().map(check).collect::<Result<_, _>>()?)
}

/// Checks an image that is about to be copied; the layers of one in a registry only where `checking.deep`.
///
/// # Errors
/// As [`built`].
pub fn copied(
    source: &BaseRef,
    image: &Image,
    checking: &Checking,
    at: &Workplace<'_>,
) -> Result<Vec<Checked>, BuildError> {
    let config = Document::new(Arc::clone(image.config.bytes()));
    let base_layers = base_layers(&config, image.layers.len());
    let remote = matches!(source, BaseRef::Registry(_));
    // Its layers stream from one registry to the other, and are kept nowhere.
    let skip = if remote && !checking.deep { image.layers.len() } else { 0 };
    let seen = see_image(source, image, base_layers, skip, &mut Surveys::new(), at.effort)?;
    accepted(vec![judge(source.to_string(), seen, checking, at.context)?])
}

fn accepted(checked: Vec<Checked>) -> Result<Vec<Checked>, BuildError> {
    let denied = checked.iter().any(|one| one.report.denied().next().is_some());
    if denied { Err(BuildError::Denied(checked)) } else { Ok(checked) }
}

/// Surveys by diff_id: what is in a layer does not change.
type Surveys = BTreeMap<Digest, Arc<Survey>>;

/// An image as its bytes are, its first `skip` layers left alone.
fn see_image(
    source: &BaseRef,
    image: &Image,
    base_layers: usize,
    skip: usize,
    known: &mut Surveys,
    effort: Effort<'_>,
) -> Result<Seen, BuildError> {
    let new: Vec<_> =
        image.layers[skip..].iter().filter(|layer| !known.contains_key(&layer.diff_id)).cloned().collect();
    let sources: Vec<_> = new.iter().map(|layer| Ok(Arc::clone(&layer.source))).collect();
    for (layer, survey) in new.iter().zip(survey_all(&sources, effort)?) {
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

/// Runs the checks.
fn judge(
    name: String,
    mut seen: Seen,
    checking: &Checking,
    context: &Context,
) -> Result<Checked, BuildError> {
    seen.profile = match &checking.runtime {
        Some(id) => Some(runtime::profile(id)?),
        None => recognise(&seen),
    };
    let base = if checking.ask_base { base_now(&seen, context)? } else { None };
    let wishes = Wishes { base, ..checking.wishes.clone() };
    let report = Report::of(&seen, &wishes, &checking.accepted);
    let layers = (seen.surveys().count(), seen.layers.len());
    let arch = seen.config.value["architecture"].as_str().and_then(Arch::from_oci);
    let digest = seen.manifest.as_ref().map(|manifest| Digest::of(&manifest.bytes));
    Ok(Checked { name, digest, arch, profile: seen.profile, layers, report })
}

/// What the tag of the image's base is now, where the image says which that was.
fn base_now(seen: &Seen, context: &Context) -> Result<Option<BaseNow>, BuildError> {
    let Some((reference, built_on)) = base(seen) else { return Ok(None) };
    let arch = seen.config.value["architecture"].as_str().and_then(Arch::from_oci).unwrap_or_default();
    let name = reference.to_string();
    if context.offline {
        return Err(BaseError::OfflineTag { base: name }.into());
    }
    match context.registries.image(&reference, arch) {
        Ok(found) => Ok(Some(BaseNow { name, built_on, now: found.manifest.digest })),
        Err(source) => Err(BaseError::Registry { base: name, source }.into()),
    }
}

/// Reads what checks need.
fn see(source: &BaseRef, raw: Raw, skip_base: bool, effort: Effort<'_>) -> Result<Seen, BuildError> {
    let config = raw.config.as_ref().map(|bytes| Document::new(Arc::clone(bytes))).unwrap_or_default();
    let base_layers = base_layers(&config, raw.layers.len());
    let skip = if skip_base { base_layers } else { 0 };
    let remote = raw.reference.is_some();
    let sources: Vec<_> = raw.layers[skip..].iter().map(|layer| layer.source.clone()).collect();
    let surveys = survey_all(&sources, effort)?;
    let read = raw.layers[..skip].iter().map(|_| Ok(Err(Unread::Base)));
    let read = read.chain(surveys.into_iter().map(|survey| match survey {
        Ok(survey) => Ok(Ok(Arc::new(survey))),
        // A network that breaks says nothing about the image.
        Err(why) if remote => Err(reading(source, why)),
        Err(why) => Ok(Err(Unread::Missing(why.to_string()))),
    }));
    let layers = raw.layers.iter().zip(read).enumerate().map(|(at, (layer, survey))| {
        Ok(SeenLayer { descriptor: layer.descriptor.clone(), of_base: at < base_layers, survey: survey? })
    });
    Ok(Seen {
        layers: layers.collect::<Result<_, BuildError>>()?,
        reference: raw.reference,
        descriptor: raw.descriptor,
        index: raw.index.map(Document::new),
        manifest: raw.manifest.map(Document::new),
        config,
        lacks_config: raw.config.err(),
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

/// Where the bytes of a layer are, or why they are nowhere.
type Source = Result<Arc<dyn BlobSource>, String>;

/// Surveys layers, several at once, in order.
fn survey_all(layers: &[Source], effort: Effort<'_>) -> Result<Vec<io::Result<Survey>>, BuildError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::from_iter(layers.iter().map(|_| None)));
    thread::scope(|scope| {
        for _ in 0..effort.jobs.get().min(layers.len()) {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(layer) = layers.get(index)
                {
                    let surveyed = match layer {
                        Ok(source) => survey(&**source, effort.interrupted),
                        Err(why) => Err(io::Error::new(io::ErrorKind::NotFound, why.clone())),
                    };
                    done.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(surveyed);
                }
            });
        }
    });
    effort.check()?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect())
}

fn survey(source: &dyn BlobSource, interrupted: &AtomicBool) -> io::Result<Survey> {
    Survey::read(Watched { stored: source.open()?, interrupted }, probes::ALL)
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
