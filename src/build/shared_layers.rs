//! What a build shares with other machines through a registry: what their layers hold, and what is made here.

use std::io;
use std::sync::Arc;
use std::thread;

use super::error::{Difference, SharedDiffers};
use super::names;
use crate::check;
use crate::check::checks_version;
use crate::epoch::Epoch;
use crate::examine::claims::Claim;
use crate::examine::surveys::Surveys;
use crate::image::{BlobSource, Layer};
use crate::pack::Packed;
use crate::progress::Phase;
use crate::registry_cache::table::{self, Row};
use crate::registry_cache::{
    BadEntry, EntryConfig, EntryLayer, EntryName, Found, Hindrance, Offer, RegistryCache, Uncompared,
    first_difference,
};
use crate::source::SourceEnv;
use crate::store::cache::CachedBlob;
use crate::tree::{FileTree, ImagePath};
use crate::work::{self, Run};

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

/// What other machines say they made of `what`, where that is compared with what is made here.
///
/// # Errors
/// [`SharedDiffers`]: a repository cannot be asked, or has an entry that cannot be used.
pub fn to_compare(
    what: &str,
    cache: &RegistryCache,
    name: EntryName,
    at: &SourceEnv<'_>,
) -> Result<Vec<Arc<Found>>, Box<SharedDiffers>> {
    if !cache.verifies(name.key) {
        return Ok(Vec::new());
    }
    let ask = || (cache.to_compare(name, at.run.interrupted), 0);
    at.run.meter.time(Phase::RegistryCache, ask).map_err(|Uncompared { repository, why, hindrance }| {
        let how = Difference::of(why, hindrance);
        Box::new(SharedDiffers { what: what.to_owned(), repository, name, how })
    })
}

fn find(cache: &RegistryCache, name: EntryName, at: &SourceEnv<'_>) -> Option<Arc<Found>> {
    at.run.meter.time(Phase::RegistryCache, || (cache.find(name, at.run.interrupted), 0))
}

/// What is known of the files of a layer before it is made.
#[derive(Clone, Copy)]
pub enum Expected<'a> {
    /// All of them.
    Files(&'a FileTree),
    /// That they are below this directory; anywhere, if it is `None`.
    Below(Option<&'a ImagePath>),
}

/// Takes what another machine made. What has other files than `expected` is not taken, nor what contradicts a layer that
/// was read here.
pub fn take(
    cache: &RegistryCache,
    name: EntryName,
    surveys: &Surveys,
    at: &SourceEnv<'_>,
    expected: Expected<'_>,
) -> Option<Arc<Found>> {
    loop {
        let found = find(cache, name, at)?;
        match fits(&found, surveys, at.epoch, expected) {
            Ok(()) => {
                cache.take(&found);
                if let Some(packed) = found.config.packed {
                    at.run.meter.spared(packed.tar_size, packed.size);
                    at.run.meter.saved(Phase::RegistryCache, packed.tar_size);
                }
                return Some(found);
            }
            Err(why) => cache.reject(name, &found.at, why),
        }
    }
}

/// Refuses an entry that is known not to be true.
fn fits(found: &Found, surveys: &Surveys, epoch: Epoch, expected: Expected<'_>) -> Result<(), BadEntry> {
    match expected {
        Expected::Files(tree) if table::rows(tree) != found.config.files => {
            return Err(BadEntry::Contradiction("its table is that of other files"));
        }
        Expected::Files(_) => {}
        Expected::Below(to) => {
            found.is_below(to)?;
            names::check(&table::tree(&found.config.files)?)
                .map_err(|error| BadEntry::Form(error.to_string()))?;
        }
    }
    let real = found.config.packed.and_then(|packed| surveys.find(packed.digest));
    real.map_or(Ok(()), |real| found.is_of(&real, &version(), epoch))
}

/// The layer of an entry that is taken; none of a step that wrote no file. What the entry says of it is believed until
/// something reads its bytes: those are held to the entry first.
pub fn layer(
    cache: &RegistryCache,
    found: &Arc<Found>,
    surveys: &Surveys,
    at: &SourceEnv<'_>,
) -> Option<Arc<dyn BlobSource>> {
    let packed = found.config.packed?;
    let (local, epoch, entry) = (at.context.cache.clone(), at.epoch, Arc::clone(found));
    let (is_here, jobs) = (local.has(packed.digest, packed.size), at.run.jobs);
    let judging = cache.clone();
    let judge = move |blob: &CachedBlob| {
        let (real, records) = thread::scope(|scope| {
            let records = work::spawn(scope, || judging.compare_records(&entry, blob, epoch, jobs));
            let surveys = Surveys::new(Some(local.clone()));
            (surveys.of_blob(blob, &packed, judging.interrupted()), records.join())
        });
        entry.is_of(&*real?, &version(), epoch).and(records).map_err(io::Error::other)
    };
    let layer: Arc<dyn BlobSource> = Arc::new(EntryLayer::of(cache, found, Box::new(judge))?);
    if !is_here && let Some(survey) = found.survey(&version(), epoch) {
        surveys.believe(&layer, Claim { survey: survey.into(), said: found.said });
    }
    Some(layer)
}

/// The version of the checks, as entries have it.
fn version() -> String {
    checks_version().finish().to_string()
}

/// Compares an entry that was found with what was made of the same.
///
/// # Errors
/// [`SharedDiffers`].
pub fn compare(
    what: &str,
    found: &Found,
    cache: &RegistryCache,
    made: &Sharable,
    (surveys, at): (&Surveys, &SourceEnv<'_>),
) -> Result<(), Box<SharedDiffers>> {
    let how = match difference(found, cache, made, (surveys, at)) {
        Some(how) => how,
        None => match cache.has_layer(found, at.run.interrupted) {
            Ok(true) => return Ok(()),
            Ok(false) => Difference::Missing,
            Err(_) if at.run.check().is_err() => return Ok(()),
            Err(why) => {
                let hindrance = if why.is_denied() { Hindrance::Denied } else { Hindrance::Silent };
                Difference::of(why.to_string(), hindrance)
            }
        },
    };
    let (what, repository, name) = (what.to_owned(), found.at.to_string(), found.name);
    Err(Box::new(SharedDiffers { what, repository, name, how }))
}

fn difference(
    found: &Found,
    cache: &RegistryCache,
    made: &Sharable,
    (surveys, at): (&Surveys, &SourceEnv<'_>),
) -> Option<Difference> {
    let EntryConfig { packed, files, warnings, .. } = &found.config;
    let digest = |packed: &Packed| packed.digest;
    let of_made = made.layer.as_ref().map(|(packed, _)| packed.digest);
    if packed.as_ref().map(digest) != of_made {
        let theirs = cache.layer_as_it_is(found, at.run.interrupted);
        let ours = made.layer.as_ref().and_then(|(_, layer)| layer.source.open().ok());
        let file = theirs.zip(ours).and_then(|(theirs, ours)| {
            first_difference((files, theirs), (&made.files, ours), at.epoch, at.run.interrupted)
        });
        return Some(Difference::Layer { found: packed.as_ref().map(digest), made: of_made, file });
    }
    let sizes = packed.as_ref().zip(made.layer.as_ref()).map(|(said, (made, _))| (said.size, made.size));
    if let Some((expected, found)) = sizes.filter(|(said, real)| said != real) {
        return Some(Difference::Entry(BadEntry::LayerSize { expected, found }));
    }
    let pairs = files.iter().zip(&made.files);
    let other = pairs.into_iter().find(|(said, real)| said != real).map(|(_, real)| real);
    let rest = || files.get(made.files.len()).or_else(|| made.files.get(files.len()));
    if let Some(row) = other.or_else(rest) {
        return Some(Difference::Entry(BadEntry::OtherFile(row.path.clone())));
    }
    if !warnings.iter().map(|one| told(one)).eq(made.warnings.iter().map(|one| told(one))) {
        return Some(Difference::Warnings);
    }
    let (_, layer) = made.layer.as_ref()?;
    let real = surveys.of(std::slice::from_ref(layer), at.run).ok()?.ok()?.pop()?;
    found.is_of(&real, &version(), at.epoch).err().map(Difference::Entry)
}

/// A warning without the name of its step: other functions may call the same step otherwise.
fn told(warning: &str) -> &str {
    warning.strip_prefix("step `").and_then(|rest| rest.split_once("`: ")).map_or(warning, |(_, told)| told)
}
