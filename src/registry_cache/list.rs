//! Lists the entries of a repository, without reading what they hold.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::num::NonZeroUsize;

use crate::credentials::{RepositoryImage, RepositoryImages};
use crate::date::Date;
use crate::digest::Digest;
use crate::media_type::is_index;
use crate::reference::Reference;
use crate::registry::{Registries, RegistryError};
use crate::work::try_parallel;

use super::entry_name::{EntryKind, FORMAT, format_and_kind};
use super::manifest::{EntryManifest, TYPE_PREFIX, written};
use super::not_an_entry_error::NotAnEntry;

/// An entry, as a list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedEntry {
    /// The digest of its manifest.
    pub digest: Digest,
    /// Its tag; `None` if the tag names another entry by now.
    pub tag: Option<String>,
    /// Other tags of it. All have the form of those of entries.
    pub more_tags: Vec<String>,
    /// What it is of; `None` if it is not an entry that this version reads.
    pub kind: Option<EntryKind>,
    /// Its bytes in the registry. Entries can share blobs, so that the sum of sizes is the most that they need.
    pub size: u64,
    /// The day on which it was written, if that is known.
    pub written: Option<Date>,
    /// The last day on which it was written or read, if that is known: an entry is used at least then.
    pub used: Option<Date>,
}

impl ListedEntry {
    /// All its tags.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tag.iter().chain(&self.more_tags).map(String::as_str)
    }
}

/// The entries of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The entries, most recently used first, and the unknown last; of one day, the cheapest to make last.
    pub entries: Vec<ListedEntry>,
    /// Images and tags that are not entries.
    pub others: usize,
    /// The tags among them of which it is not known what they name.
    pub(super) other_tags: Vec<String>,
    /// Why what has one of these tags is not among the entries.
    pub(super) not_entries: BTreeMap<String, NotAnEntry>,
}

impl Listing {
    /// Counts what another tag names, too, among the others: to delete a manifest is to delete all its tags.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn spare_what_other_tags_name(
        &mut self,
        registries: &Registries,
        repository: &Reference,
        jobs: NonZeroUsize,
    ) -> Result<(), RegistryError> {
        let tags = mem::take(&mut self.other_tags);
        let named = try_parallel(jobs, &tags, |tag| match repository.with_tag(tag) {
            Ok(reference) => named(registries, &reference),
            Err(_) => Ok(BTreeSet::new()),
        })?;
        let named = tags.iter().zip(&named);
        let named = named.flat_map(|(tag, all)| all.iter().map(move |digest| (*digest, tag)));
        let named: BTreeMap<_, _> = named.collect();
        let is_spared = |entry: &ListedEntry| named.contains_key(&entry.digest);
        let spared: Vec<_>;
        (spared, self.entries) = mem::take(&mut self.entries).into_iter().partition(is_spared);
        for entry in spared {
            let by = NotAnEntry::Named(named[&entry.digest].clone());
            self.not_entries.extend(entry.tags().map(|tag| (tag.to_owned(), by.clone())));
        }
        Ok(())
    }

    /// The entry with this tag.
    ///
    /// # Errors
    /// Why there is none.
    pub fn tagged(&self, tag: &str) -> Result<&ListedEntry, NotAnEntry> {
        let entry = self.entries.iter().find(|entry| entry.tags().any(|one| one == tag));
        entry.ok_or_else(|| self.not_entries.get(tag).cloned().unwrap_or(NotAnEntry::Missing))
    }

    /// Counts an entry once that has several tags.
    fn add(&mut self, entry: ListedEntry) {
        match self.entries.iter_mut().find(|known| known.digest == entry.digest) {
            Some(known) => known.more_tags.extend(entry.tag),
            None => self.entries.push(entry),
        }
    }
}

/// How many indexes in indexes are looked at.
const NESTED: usize = 8;

/// The manifest that a reference names, those that it names in its turn, if it is an index, and those that they are about.
///
/// # Errors
/// [`RegistryError`], also where indexes have more indexes in them than are looked at: what they name is not known.
fn named(registries: &Registries, reference: &Reference) -> Result<BTreeSet<Digest>, RegistryError> {
    let (mut all, mut level) = (BTreeSet::new(), vec![reference.clone()]);
    for _ in 0..=NESTED {
        let mut next = Vec::new();
        for one in level {
            let manifest = match registries.manifest(&one) {
                Ok(manifest) => manifest,
                Err(RegistryError::NotFound { .. }) => continue,
                // It has another form than images.
                Err(RegistryError::Protocol { .. }) => {
                    all.extend(registries.tagged(&one)?);
                    continue;
                }
                Err(error) => return Err(error),
            };
            all.insert(manifest.digest);
            let json: serde_json::Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
            let digest = |of: &serde_json::Value| of["digest"].as_str()?.parse::<Digest>().ok();
            all.extend(digest(&json["subject"]));
            for child in json["manifests"].as_array().into_iter().flatten() {
                let Some(digest) = digest(child) else { continue };
                // What does not say what it is, is looked at.
                if all.insert(digest) && child["mediaType"].as_str().is_none_or(is_index) {
                    next.push(one.with_digest(digest));
                }
            }
        }
        level = next;
        if level.is_empty() {
            return Ok(all);
        }
    }
    let why = format!("more than {NESTED} indexes are in one another; what the last one names is not known");
    Err(RegistryError::Protocol { what: reference.to_string(), why })
}

/// The entries of `repository`. The API of the registry's operator says when entries were used; without one, each manifest
/// is read.
///
/// # Errors
/// [`RegistryError`].
pub fn list(
    registries: &Registries,
    images: Option<&dyn RepositoryImages>,
    repository: &Reference,
    jobs: NonZeroUsize,
) -> Result<Listing, RegistryError> {
    let known = images.map(|images| images.list(repository.registry(), repository.repository())).transpose();
    let known = known.map_err(|source| RegistryError::administration(repository, source))?.flatten();
    let mut listing = match known {
        Some(images) => of_images(&images),
        None => of_tags(registries, repository, jobs)?,
    };
    let key = |entry: &ListedEntry| (Reverse(entry.used), cheapness(entry.kind), entry.tag.clone());
    listing.entries.sort_by_cached_key(key);
    Ok(listing)
}

/// How cheaply an entry is made again: a step runs commands, a tree of files is only packed, and what is not read is not
/// made.
fn cheapness(kind: Option<EntryKind>) -> usize {
    match kind {
        Some(EntryKind::Step) => 0,
        Some(EntryKind::Layer) => 1,
        None => 2,
    }
}

fn of_images(images: &[RepositoryImage]) -> Listing {
    let mut listing = Listing::default();
    for image in images {
        let tag = image.tags.first();
        // ECR's `artifactMediaType` is the type of the configuration, as its answers about Helm charts and about images
        // of Docker have it.
        let is_ours = image.artifact_type.as_deref().map_or(tag.is_some(), is_of_entries);
        // What has a tag of another form is used as an image.
        let other_tag = image.tags.iter().find(|tag| format_and_kind(tag).is_none());
        if !is_ours || other_tag.is_some() {
            listing.others += 1;
            let why = other_tag.filter(|_| is_ours).cloned().map_or(NotAnEntry::OtherType, NotAnEntry::Named);
            listing.not_entries.extend(image.tags.iter().map(|tag| (tag.clone(), why.clone())));
            continue;
        }
        let kind = tag.and_then(|tag| kind(tag));
        let pushed = Date::of_unix_seconds(image.pushed);
        let used = Date::of_unix_seconds(image.pulled.unwrap_or_default().max(image.pushed));
        listing.entries.push(ListedEntry {
            digest: image.digest,
            tag: tag.cloned(),
            more_tags: image.tags.iter().skip(1).cloned().collect(),
            kind,
            size: image.size,
            written: Some(pushed),
            used: Some(used),
        });
    }
    listing
}

fn of_tags(
    registries: &Registries,
    repository: &Reference,
    jobs: NonZeroUsize,
) -> Result<Listing, RegistryError> {
    let tags = registries.tags(repository)?;
    let (ours, others): (Vec<_>, Vec<_>) = tags.into_iter().partition(|tag| format_and_kind(tag).is_some());
    let found = try_parallel(jobs, &ours, |tag| of_tag(registries, repository, tag))?;
    let not_entries = others.iter().map(|tag| (tag.clone(), NotAnEntry::OtherType)).collect();
    let mut listing = Listing { others: others.len(), other_tags: others, not_entries, ..Listing::default() };
    for (tag, found) in ours.into_iter().zip(found) {
        match found {
            Tagged::Entry(entry) => listing.add(entry),
            Tagged::Other => {
                listing.others += 1;
                listing.not_entries.insert(tag.clone(), NotAnEntry::OtherType);
                listing.other_tags.push(tag);
            }
            Tagged::Gone => {}
        }
    }
    Ok(listing)
}

/// What a tag names that has the form of those of entries.
enum Tagged {
    Entry(ListedEntry),
    Other,
    Gone,
}

/// Whether this is the artifact type or the type of the configuration of entries, whatever their format.
fn is_of_entries(media_type: &str) -> bool {
    media_type.starts_with(TYPE_PREFIX)
}

fn of_tag(registries: &Registries, repository: &Reference, tag: &str) -> Result<Tagged, RegistryError> {
    let Ok(reference) = repository.with_tag(tag) else { return Ok(Tagged::Other) };
    let manifest = match registries.manifest(&reference) {
        Ok(manifest) => manifest,
        Err(RegistryError::NotFound { .. }) => return Ok(Tagged::Gone),
        Err(RegistryError::Protocol { .. }) => return Ok(Tagged::Other),
        Err(error) => return Err(error),
    };
    let json: serde_json::Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
    if !json["artifactType"].as_str().is_some_and(is_of_entries) {
        return Ok(Tagged::Other);
    }
    let is_read = EntryManifest::parse(&manifest.bytes).is_ok();
    let blobs = json["layers"].as_array().into_iter().flatten().chain([&json["config"]]);
    let blobs: u64 = blobs.filter_map(|blob| blob["size"].as_u64()).fold(0, u64::saturating_add);
    let written = written(&json);
    Ok(Tagged::Entry(ListedEntry {
        digest: manifest.digest,
        tag: Some(tag.to_owned()),
        more_tags: Vec::new(),
        kind: kind(tag).filter(|_| is_read),
        size: blobs.saturating_add(manifest.bytes.len() as u64),
        written,
        used: written,
    }))
}

/// What an entry with this tag is of, if this version reads it.
fn kind(tag: &str) -> Option<EntryKind> {
    let (format, kind) = format_and_kind(tag)?;
    EntryKind::named(kind).filter(|_| format == FORMAT.to_string())
}
