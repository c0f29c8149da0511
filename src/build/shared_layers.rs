//! What a build shares with other machines through a registry: what their layers hold, and what is made here.

use std::sync::Arc;

use super::error::SharedDiffers;
use crate::check;
use crate::check::checks_version;
use crate::epoch::Epoch;
use crate::examine::surveys::Surveys;
use crate::image::{BlobSource, Layer};
use crate::pack::Packed;
use crate::progress::Phase;
use crate::registry_cache::table::{self, Row};
use crate::registry_cache::{
    EntryConfig, EntryLayer, EntryName, Found, Offer, RegistryCache, first_difference,
};
use crate::source::SourceEnv;
use crate::work::Run;

/// A tar of as many bytes is worth an entry; one that is smaller is sooner packed than asked for.
pub const WORTH_SHARING: u64 = 4 << 20;

/// A layer that may be shared.
#[derive(Clone)]
pub struct Sharable {
    /// What it is of.
    pub name: EntryName,
    /// The name of the step, or the role of the layer.
    pub role: String,
    /// Its files.
    pub files: Vec<Row>,
    /// What the user should know of the step.
    pub warnings: Vec<String>,
    /// The layer; none of a step that wrote no file.
    pub layer: Option<(Packed, Layer)>,
    /// Whether it was made now, because it was not found.
    pub is_new: bool,
}

impl Sharable {
    /// Whether checks have seen it and found no secret, so that it may leave before the image is judged.
    pub fn is_clear(&self, surveys: &Surveys) -> bool {
        let survey = |layer: &Layer| surveys.find(layer.descriptor.digest);
        let layer = self.layer.as_ref().map(|(_, layer)| layer);
        layer.is_none_or(|layer| survey(layer).is_some_and(|survey| !check::holds_secret(&survey)))
    }

    /// Writes it, where entries are written.
    pub fn offer(self, cache: &RegistryCache, surveys: &Surveys, epoch: Epoch, run: Run<'_>) {
        let Self { name, role, files, warnings, layer, is_new } = self;
        let seen = |(packed, _): &(Packed, Layer)| {
            let survey = surveys.find(packed.digest)?;
            table::facts(&survey, packed, &files, epoch)
        };
        let facts = layer.as_ref().and_then(seen);
        let checks = facts.map(|facts| (version(), facts));
        let packed = layer.as_ref().map(|(packed, _)| *packed);
        let config = EntryConfig { packed, files, warnings, checks };
        let offer = Offer { name, role, config, layer: layer.map(|(_, layer)| layer), is_new };
        run.meter.time(Phase::RegistryCache, || (cache.offer(offer, run.interrupted), 0));
    }
}

/// What a registry has of a layer.
pub enum Answer {
    /// It is taken as it is.
    Take(Arc<Found>),
    /// It is made here, too, and compared.
    Verify(Arc<Found>),
}

/// Looks for what other machines made; what does not `fit` is not taken.
pub fn ask(
    cache: &RegistryCache,
    name: EntryName,
    surveys: &Surveys,
    at: &SourceEnv<'_>,
    fit: impl FnOnce(&Found) -> bool,
) -> Option<Answer> {
    let find = || (cache.find(name, at.run.interrupted), 0);
    let found = at.run.meter.time(Phase::RegistryCache, find).filter(|found| fit(found))?;
    if cache.verifies(name.key) {
        return Some(Answer::Verify(found));
    }
    cache.take(&found);
    learn(&found, surveys, at.epoch);
    if let Some(packed) = found.config.packed {
        at.run.meter.spared(packed.tar_size, packed.size);
        at.run.meter.saved(Phase::RegistryCache, packed.tar_size);
    }
    Some(Answer::Take(found))
}

/// The version of the checks, as entries have it.
fn version() -> String {
    checks_version().finish().to_string()
}

/// Remembers what checks saw of a layer that was found, if they were the checks of this version.
fn learn(found: &Found, surveys: &Surveys, epoch: Epoch) {
    let EntryConfig { packed, files, checks, .. } = &found.config;
    if let Some((packed, (of, facts))) = packed.as_ref().zip(checks.as_ref())
        && *of == version()
        && surveys.find(packed.digest).is_none()
    {
        surveys.keep(table::survey(packed, files, facts, epoch));
    }
}

/// Compares a layer that was found with the one that was made.
///
/// # Errors
/// [`SharedDiffers`].
pub fn compare(
    what: &str,
    found: &Found,
    cache: &RegistryCache,
    made: Option<&Layer>,
    (surveys, epoch): (&Surveys, Epoch),
) -> Result<(), Box<SharedDiffers>> {
    let said = found.config.packed.map(|packed| packed.digest);
    let of_made = made.map(|layer| layer.descriptor.digest);
    let file = if said == of_made {
        match seen_otherwise(found, surveys, epoch) {
            None => return Ok(()),
            file => file,
        }
    } else {
        let theirs = EntryLayer::of(cache, found).and_then(|layer| layer.open().ok());
        let ours = made.and_then(|layer| layer.source.open().ok());
        theirs.zip(ours).and_then(|(theirs, ours)| first_difference(theirs, ours).ok().flatten())
    };
    Err(Box::new(SharedDiffers {
        what: what.to_owned(),
        repository: found.at.to_string(),
        key: found.name.key,
        found: said,
        made: of_made,
        file,
    }))
}

/// The first file of which checks are said to have seen something else than they do.
fn seen_otherwise(found: &Found, surveys: &Surveys, epoch: Epoch) -> Option<String> {
    let EntryConfig { packed, files, checks, .. } = &found.config;
    let (packed, (of, facts)) = packed.as_ref().zip(checks.as_ref())?;
    let real = surveys.find(packed.digest).filter(|_| *of == version())?;
    let said = table::survey(packed, files, facts, epoch);
    let pairs = said.entries.iter().zip(&real.entries);
    pairs.into_iter().find(|(said, real)| said != real).map(|(_, real)| real.name().to_owned())
}
