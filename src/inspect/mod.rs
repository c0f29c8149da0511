//! The contents of an image: a summary, and its files.

mod error;
mod layer;
mod limit;
mod space;
mod start;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use serde_json::Value;

pub use error::InspectError;
pub use layer::{Layer, layers};
pub use limit::Limit;
pub use space::{Copies, Directory, Hidden, Package, Space};
pub use start::Start;

use crate::arch::Arch;
use crate::check::{
    BASE_DIGEST, BASE_NAME, Expectations, ImageView, NotRead, Policy, Report, Subject, note, recognise,
};
use crate::date::Date;
use crate::digest::Digest;
use crate::examine::{ExamineError, read_image};
use crate::image::{self, Image};
use crate::registry::Referrer;
use crate::source::{self, ImageName, ImageRef, SourceEnv, SourceError, StoredImage, StoredLayer};
use crate::survey::{Entry, Stored, probes};
use crate::work::{Run, abandonable};

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct InspectOptions {
    /// Which image of an index.
    pub arch: Option<Arch>,
    /// Whether to fetch the layers of the base from the registry too.
    pub deep: bool,
    /// One layer alone, counted from 0, the lowest.
    pub layer: Option<usize>,
    /// The most bytes, uncompressed, that the image should have.
    pub max_size: Option<u64>,
    /// Whether to hash every file: [`Space::copies`] needs it.
    pub contents: bool,
    /// Whether to ask the registry what refers to the image.
    pub referrers: bool,
    /// The day; without it, dates are not examined.
    pub today: Option<Date>,
}

/// What an image is.
#[non_exhaustive]
pub struct Inspected {
    /// Its name, as it was asked for.
    pub name: String,
    /// All that was read of it.
    pub view: ImageView,
    /// Digest of its manifest, where it has one.
    pub digest: Option<Digest>,
    /// Digest of its configuration: what Docker calls the image id.
    pub config_digest: Digest,
    /// What it says that it was built on.
    pub base: Base,
    /// What it starts.
    pub start: Start,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
    /// Its use of Lambda's limits, and of the given size.
    pub limits: Vec<Limit>,
    /// Annotations of its manifest.
    pub annotations: BTreeMap<String, String>,
    /// Labels of its configuration.
    pub labels: BTreeMap<String, String>,
    /// What checks find in what was read.
    pub report: Report,
    /// The evidence that its registry keeps about it, if it was asked for.
    pub referrers: Option<Vec<Referrer>>,
}

/// The base that an image names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Its name in a registry.
    pub name: Option<String>,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// Whether it is the base that the tool makes itself.
    pub embedded: bool,
}

/// Looks at the image that `source` names. Of a registry, manifest and configuration are read, and the layers
/// that are not known to be a base's: what checks read, too. Where one layer is asked for, only that.
///
/// # Errors
/// [`InspectError`].
pub fn inspect(
    source: &ImageRef,
    options: &InspectOptions,
    at: &SourceEnv<'_>,
) -> Result<Inspected, InspectError> {
    let raw = find_readable(source, options.arch, at)?;
    let mut image = inspect_stored(source.to_string(), source, &raw, options, at.run)?;
    if let (ImageRef::Registry(reference), Some(digest), true) = (source, image.digest, options.referrers) {
        let (pinned, registries) = (reference.pin(digest), at.context.registries.clone());
        let asked = abandonable("referrers", at.run.interrupted, move || registries.referrers(&pinned));
        let failed = |error| SourceError::Registry { image: ImageName::image(reference), source: error };
        image.referrers = Some(asked.map_err(ExamineError::from)?.map_err(failed)?);
    }
    Ok(image)
}

/// Looks at an image that is not published, which is called `name` and was made from `base`.
///
/// # Errors
/// [`InspectError`].
pub fn unpublished(
    name: String,
    base: &ImageRef,
    image: &Image,
    options: &InspectOptions,
    run: Run<'_>,
) -> Result<Inspected, InspectError> {
    inspect_stored(name, base, &as_stored(base, image), options, run)
}

/// An image made from `base`, as it would be stored.
pub(crate) fn as_stored(base: &ImageRef, image: &Image) -> StoredImage {
    let layer = |layer: &image::Layer| StoredLayer {
        descriptor: layer.descriptor.to_json(),
        source: Ok(Arc::clone(&layer.source)),
    };
    StoredImage {
        // Its base has a place, and it has none yet.
        reference: None,
        is_remote: matches!(base, ImageRef::Registry(_)),
        descriptor: Some(image.descriptor()),
        index: None,
        manifest: Some(Arc::clone(&image.manifest)),
        config: Ok(Arc::clone(image.config.bytes())),
        layers: image.layers.iter().map(layer).collect(),
    }
}

fn inspect_stored(
    name: String,
    source: &ImageRef,
    raw: &StoredImage,
    options: &InspectOptions,
    run: Run<'_>,
) -> Result<Inspected, InspectError> {
    if let Some(layer) = options.layer.filter(|layer| *layer >= raw.layers.len()) {
        return Err(InspectError::NoLayer { image: name, layer, layers: raw.layers.len() });
    }
    let remote = raw.is_remote;
    let wanted = |layer, of_base: bool| match options.layer {
        Some(only) => layer == only,
        None => !of_base || !remote || options.deep,
    };
    let mut probes = probes::ALL.to_vec();
    if options.contents {
        probes.push(&probes::content::Content);
    }
    let view = read_image(source, raw, wanted, &probes, run)?;
    require_whole(&name, &view)?;
    Ok(describe(name, view, options, run.jobs))
}

/// Finds an image whose manifest and configuration are at least JSON objects.
///
/// # Errors
/// [`InspectError`].
pub(crate) fn find_readable(
    source: &ImageRef,
    arch: Option<Arch>,
    at: &SourceEnv<'_>,
) -> Result<StoredImage, InspectError> {
    let raw = source::find(source, arch, at)?;
    let config = raw.config.as_ref().map(|bytes| &**bytes).map_err(Clone::clone);
    let documents =
        [("manifest", Ok(raw.manifest.as_deref().unwrap_or(b"{}"))), ("image configuration", config)];
    for (what, bytes) in documents {
        let object = bytes.and_then(|bytes| match serde_json::from_slice(bytes) {
            Ok(Value::Object(_)) => Ok(()),
            Ok(_) => Err("it is JSON, but not an object".to_owned()),
            Err(error) => Err(format!("it is not JSON: {error}")),
        });
        object.map_err(|why| InspectError::Document { image: source.to_string(), what, why })?;
    }
    Ok(raw)
}

/// Refuses layers that were read and are not whole, or not those that the manifest names. What is compressed
/// with zstd is not unpacked, and not refused.
///
/// # Errors
/// [`InspectError::Layer`].
pub(crate) fn require_whole(name: &str, view: &ImageView) -> Result<(), InspectError> {
    for (layer, one) in view.layers.iter().enumerate() {
        let damaged = |why: String| Err(InspectError::Layer { image: name.to_owned(), layer, why });
        let survey = match &one.survey {
            Err(NotRead::Base) => continue,
            Err(NotRead::Missing(why)) => return damaged(why.clone()),
            Ok(survey) => survey,
        };
        let stated = one.descriptor["digest"].as_str();
        if let Some(stated) = stated.filter(|stated| *stated != survey.digest.to_string()) {
            return damaged(format!("its digest should be {stated}, but is {}", survey.digest));
        }
        if let Some(why) = survey.damage.as_ref().filter(|_| survey.stored != Stored::Zstd) {
            return damaged(why.clone());
        }
    }
    Ok(())
}

fn describe(name: String, mut view: ImageView, options: &InspectOptions, jobs: NonZeroUsize) -> Inspected {
    view.profile = recognise(&view);
    let InspectOptions { arch, max_size, today, .. } = *options;
    let expectations = Expectations { arch, max_size, today, ..Expectations::default() };
    let report = Report::of(&view, &expectations, &Policy::default(), jobs);
    let start = start::start(&Subject::new(&view, &expectations));
    let layers = layers(&view);
    Inspected {
        name,
        digest: view.digest(),
        config_digest: Digest::of(&view.config.bytes),
        base: base(&view, &layers),
        start,
        limits: limit::limits(&view, &layers, max_size),
        layers,
        annotations: annotations(&view),
        labels: texts(&view.config.value["config"]["Labels"]),
        report,
        referrers: None,
        view,
    }
}

/// Annotations of the manifest.
pub(crate) fn annotations(view: &ImageView) -> BTreeMap<String, String> {
    view.manifest.as_ref().map(|manifest| texts(&manifest.value["annotations"])).unwrap_or_default()
}

/// What the image says that it was built on.
pub(crate) fn base(view: &ImageView, layers: &[Layer]) -> Base {
    // Buildah says so of what is built from scratch.
    let note = |key| note(view, key).filter(|text| !text.is_empty()).map(str::to_owned);
    Base {
        name: note(BASE_NAME),
        digest: note(BASE_DIGEST),
        embedded: layers.iter().any(|layer| layer.created_by.as_deref().is_some_and(layer::is_embedded)),
    }
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let pairs = object.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

impl Inspected {
    /// What takes its space.
    pub fn space(&self) -> Space {
        Space::of(&self.view)
    }

    /// The entries of a layer in stored order, if it was read.
    pub fn entries(&self, layer: usize) -> Option<&[Entry]> {
        self.view.surveys().find(|(at, _)| *at == layer).map(|(_, survey)| &*survey.entries)
    }

    /// An object or a text of the image configuration, by its key.
    pub fn config(&self, key: &str) -> &Value {
        &self.view.config.value[key]
    }
}
