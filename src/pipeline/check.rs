//! From an image, wherever it is, to what is wrong with it.

use std::io;
use std::sync::Arc;

use super::BuiltImage;
use super::error::BuildError;
use super::surveys::{Surveys, survey_all};
use crate::arch::Arch;
use crate::base::raw::{self, Raw};
use crate::base::{BaseError, BaseRef, Workplace};
use crate::check::{
    Accepted, BaseNow, Document, JUDGES, Report, Seen, SeenLayer, Unread, Wishes, base, recognise,
};
use crate::context::Context;
use crate::digest::Digest;
use crate::image::{Image, MADE_HERE};
use crate::key::{Key, KeyHasher};
use crate::pack::Effort;
use crate::runtime::{self, RuntimeProfile};
use crate::store::cache::Memo;

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

/// Checks images that were built, before anybody sees them: the layers made here; those of the base only
/// where `checking.deep`.
///
/// # Errors
/// [`BuildError::Denied`], and those of reading.
pub fn built(
    images: &[BuiltImage],
    checking: &Checking,
    surveys: &Surveys,
    effort: Effort<'_>,
    context: &Context,
) -> Result<Vec<Checked>, BuildError> {
    let check = |built: &BuiltImage| {
        let name = format!("image for {}", built.arch);
        let skip = if checking.deep { 0 } else { built.base_layers };
        let question = question(&built.image, (built.base_layers, skip), checking);
        let kept = surveys.cache().filter(|_| !checking.ask_base);
        if let Some(report) = kept.and_then(|cache| Report::from_bytes(&cache.memo(Memo::Verdict, question)?))
        {
            let all = built.image.layers.len();
            let profile = checking.runtime.as_deref().map(runtime::profile).transpose()?;
            let (digest, arch) = (Some(built.image.digest), Some(built.arch));
            return Ok::<_, BuildError>(Checked {
                name,
                digest,
                arch,
                profile,
                layers: (all - skip, all),
                report,
            });
        }
        let seen = see_image(&built.base, &built.image, built.base_layers, skip, surveys, effort)?;
        let checked = judge(name, seen, checking, context)?;
        if let Some(cache) = kept {
            // A cache that cannot be written to costs the next build time, not this one its success.
            let _ = cache.keep_memo(Memo::Verdict, question, &checked.report.to_bytes());
        }
        Ok(checked)
    };
    accepted(images.iter().map(check).collect::<Result<_, _>>()?)
}

/// Everything that the findings in an image depend on: the code, the image, which of its layers are the
/// base's, which are looked at, and what the user wants.
fn question(image: &Image, (base_layers, skip): (usize, usize), checking: &Checking) -> Key {
    let mut hasher = KeyHasher::default();
    hasher.field(JUDGES.as_bytes());
    hasher.update(image.digest.as_bytes());
    [base_layers, skip].iter().for_each(|count| hasher.update(&count.to_le_bytes()));
    hasher.field(format!("{checking:?}").as_bytes());
    hasher.finish()
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
    let surveys = Surveys::new(Some(at.context.cache.clone()));
    let seen = see_image(source, image, base_layers, skip, &surveys, at.effort)?;
    accepted(vec![judge(source.to_string(), seen, checking, at.context)?])
}

fn accepted(checked: Vec<Checked>) -> Result<Vec<Checked>, BuildError> {
    let denied = checked.iter().any(|one| one.report.denied().next().is_some());
    if denied { Err(BuildError::Denied(checked)) } else { Ok(checked) }
}

/// An image as its bytes are, its first `skip` layers left alone.
fn see_image(
    source: &BaseRef,
    image: &Image,
    base_layers: usize,
    skip: usize,
    surveys: &Surveys,
    effort: Effort<'_>,
) -> Result<Seen, BuildError> {
    let read = surveys.of(&image.layers[skip..], effort)?.into_iter();
    let read = read.map(|survey| Ok::<_, BuildError>(Ok(survey.map_err(|error| reading(source, error))?)));
    let all = image.layers[..skip].iter().map(|_| Ok(Err(Unread::Base))).chain(read);
    let layers = image.layers.iter().zip(all).enumerate().map(|(at, (layer, survey))| {
        let (descriptor, of_base) = (layer.descriptor.to_json(), at < base_layers);
        Ok(SeenLayer { descriptor, of_base, survey: survey? })
    });
    Ok(Seen {
        descriptor: Some(image.descriptor()),
        manifest: Some(Document::new(Arc::clone(&image.manifest))),
        config: Document::new(Arc::clone(image.config.bytes())),
        layers: layers.collect::<Result<_, BuildError>>()?,
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
