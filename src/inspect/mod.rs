//! What is in an image: the things that a person wants to see first, and its files.

mod error;
mod layer;
mod start;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

pub use error::InspectError;
pub use layer::{Layer, layers};
pub use start::{Program, Start};

use crate::arch::Arch;
use crate::base::raw::{self, Raw};
use crate::base::{BaseRef, Workplace};
use crate::check::{Accepted, Report, Seen, Subject, Wishes, base_name, recognise};
use crate::digest::Digest;
use crate::check::limits::{ENVIRONMENT_MAX, IMAGE_MAX, MANIFEST_ADVICE};
use crate::pipeline::see;
use crate::survey::{Found, Stored, Tree, probes};

/// A manifest should have fewer bytes: "keep image manifest < 25,400 bytes" (Lambda developer guide, "Creating
/// images"). Advice, not a limit.
pub const MANIFEST_ADVICE: u64 = 25_400;

/// OCI image specification, "Annotations": the base's digest.
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// What to look at.
#[derive(Clone, Debug, Default)]
pub struct Inspecting {
    /// Which image of an index.
    pub arch: Option<Arch>,
    /// Whether its files are wanted: only then layers of a registry are read.
    pub files: bool,
    /// Of which layer, counted from 0, the lowest; else of all together.
    pub layer: Option<usize>,
    /// The day; without it nothing is said about dates.
    pub today: Option<Date>,
}

/// What an image is.
pub struct Inspected {
    /// Its name, as it was asked for.
    pub name: String,
    /// All that was read of it.
    pub seen: Seen,
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
    /// What Lambda limits.
    pub limits: Vec<Limit>,
    /// Annotations of its manifest.
    pub annotations: BTreeMap<String, String>,
    /// Labels of its configuration.
    pub labels: BTreeMap<String, String>,
    /// What checks find in what was read.
    pub report: Report,
    /// Whose files are listed, where they are: see [`Inspecting::layer`].
    layer: Option<usize>,
}

/// What an image says that it was built on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// Its name in a registry.
    pub name: Option<String>,
    /// Digest of its manifest.
    pub digest: Option<String>,
    /// Whether it is the base that the tool makes itself.
    pub embedded: bool,
}

/// One limit, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// How much there is; `None` where layers were not read.
    pub bytes: Option<u64>,
    /// How much there may be.
    pub max: u64,
    /// Whether more is only unwise.
    pub advice: bool,
}

/// Looks at the image that `source` names. Of a registry, manifest and configuration are read, and layers only
/// where files are wanted.
///
/// # Errors
/// [`InspectError`].
pub fn inspect(
    source: &BaseRef,
    inspecting: &Inspecting,
    at: &Workplace<'_>,
) -> Result<Inspected, InspectError> {
    let name = source.to_string();
    let raw = find(source, inspecting.arch, at)?;
    if let Some(layer) = inspecting.layer
        && layer >= raw.layers.len()
    {
        return Err(InspectError::NoLayer { image: name, layer, layers: raw.layers.len() });
    }
    let remote = raw.reference.is_some();
    let wanted = |layer| match inspecting.layer {
        _ if !remote => true,
        Some(only) => inspecting.files && layer == only,
        None => inspecting.files,
    };
    let seen = see(source, &raw, |layer, _| wanted(layer), probes::ALL, at.effort)?;
    sound(&name, &seen)?;
    Ok(describe(name, seen, inspecting))
}

/// Finds an image whose manifest and configuration are at least JSON objects.
pub(crate) fn find(source: &BaseRef, arch: Option<Arch>, at: &Workplace<'_>) -> Result<Raw, InspectError> {
    let raw = raw::raw(source, arch, at).map_err(crate::pipeline::BuildError::from)?;
    let config = raw.config.as_ref().map(|bytes| &**bytes).map_err(Clone::clone);
    let documents =
        [("manifest", Ok(raw.manifest.as_deref().unwrap_or(b"{}"))), ("image configuration", config)];
    for (what, bytes) in documents {
        let object = bytes.and_then(|bytes| match serde_json::from_slice(bytes) {
            Ok(Value::Object(_)) => Ok(()),
            Ok(_) => Err("it is JSON, and no object".to_owned()),
            Err(error) => Err(format!("it is not JSON: {error}")),
        });
        object.map_err(|why| InspectError::Document { image: source.to_string(), what, why })?;
    }
    Ok(raw)
}

/// Refuses layers that were read and are not whole.
pub(crate) fn sound(name: &str, seen: &Seen) -> Result<(), InspectError> {
    for (layer, one) in seen.layers.iter().enumerate() {
        let damaged = |why: String| Err(InspectError::Layer { image: name.to_owned(), layer, why });
        match &one.survey {
            Err(crate::check::Unread::Missing(why)) => return damaged(why.clone()),
            Err(crate::check::Unread::Base) => {}
            Ok(survey) => {
                let stated = one.descriptor["digest"].as_str();
                if let Some(stated) = stated.filter(|stated| *stated != survey.digest.to_string()) {
                    return damaged(format!("it should be {stated}, and is {}", survey.digest));
                }
                match &survey.damage {
                    Some(why) if survey.stored != Stored::Zstd => return damaged(why.clone()),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}

fn describe(name: String, mut seen: Seen, inspecting: &Inspecting) -> Inspected {
    seen.profile = recognise(&seen);
    let wishes = Wishes { arch: inspecting.arch, today: inspecting.today, ..Wishes::default() };
    let report = Report::of(&seen, &wishes, &Accepted::default());
    let start = start::start(&Subject::new(&seen, &wishes));
    let layers = layers(&seen);
    Inspected {
        name,
        digest: digest(&seen),
        config_digest: Digest::of(&seen.config.bytes),
        base: base(&seen, &layers),
        start,
        limits: limits(&seen, &layers),
        layers,
        annotations: annotations(&seen),
        labels: texts(&seen.config.value["config"]["Labels"]),
        report,
        seen,
        layer: inspecting.layer,
    }
}

/// Digest of the manifest, where there is one.
pub(crate) fn digest(seen: &Seen) -> Option<Digest> {
    seen.manifest.as_ref().map(|manifest| Digest::of(&manifest.bytes))
}

/// Annotations of the manifest.
pub(crate) fn annotations(seen: &Seen) -> BTreeMap<String, String> {
    seen.manifest.as_ref().map(|manifest| texts(&manifest.value["annotations"])).unwrap_or_default()
}

/// What the image says that it was built on.
pub(crate) fn base(seen: &Seen, layers: &[Layer]) -> Base {
    let label = seen.config.value["config"]["Labels"][BASE_DIGEST].as_str().map(str::to_owned);
    Base {
        name: base_name(seen).map(str::to_owned),
        digest: annotations(seen).remove(BASE_DIGEST).or(label),
        embedded: layers.iter().any(|layer| layer.created_by.as_deref().is_some_and(layer::is_embedded)),
    }
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let pairs = object.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn limits(seen: &Seen, layers: &[Layer]) -> Vec<Limit> {
    let environment = seen.config.value["config"]["Env"].as_array().map_or(&[][..], Vec::as_slice);
    let environment = environment.iter().filter_map(Value::as_str).map(|pair| pair.len() as u64).sum();
    let manifest = seen.manifest.as_ref().map(|manifest| manifest.bytes.len() as u64);
    vec![
        Limit {
            what: "uncompressed",
            bytes: layers
                .iter()
                .map(|layer| layer.bytes)
                .try_fold(0, |sum: u64, bytes| sum.checked_add(bytes?)),
            max: IMAGE_MAX,
            advice: false,
        },
        Limit { what: "manifest", bytes: manifest, max: MANIFEST_ADVICE, advice: true },
        Limit { what: "environment", bytes: Some(environment), max: ENVIRONMENT_MAX as u64, advice: false },
    ]
}

impl Inspected {
    /// The files: of one layer in stored order, else of all together in byte order of their paths.
    pub fn files(&self) -> Vec<Found<'_>> {
        match self.layer {
            Some(only) => {
                let survey = self.seen.surveys().find(|(layer, _)| *layer == only);
                let entries = survey.map_or(&[][..], |(_, survey)| &survey.entries);
                entries.iter().map(|entry| Found { layer: only, entry }).collect()
            }
            None => Tree::new(self.seen.surveys(), true).iter().map(|(_, found)| found).collect(),
        }
    }

    /// An object or a text of the image configuration, by its key.
    pub fn config(&self, key: &str) -> &Value {
        &self.seen.config.value[key]
    }
}
