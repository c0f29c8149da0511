//! `EntryLayer`: the layer of an entry, whose bytes are fetched where something needs them.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use super::bad_entry_error::BadEntry;
use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::found::Found;
use super::patience;
use crate::digest::Digest;
use crate::image::BlobSource;
use crate::pack::Packed;
use crate::progress::ProgressReader;
use crate::reference::Reference;
use crate::store::cache::{CachedBlob, FetchError};

/// A fetch is not interrupted by a flag: its thread is abandoned.
static NEVER: AtomicBool = AtomicBool::new(false);

/// Holds the bytes of a layer to what its entry says; an error, if it says something else.
pub type Judge = Box<dyn Fn(&CachedBlob) -> io::Result<()> + Send + Sync>;

/// The layer of an entry.
pub struct EntryLayer {
    /// Where it comes from.
    cache: RegistryCache,
    /// The entry.
    name: EntryName,
    /// The repository that has it.
    at: Reference,
    /// What it is said to be.
    packed: Packed,
    /// Asked before anything reads the bytes.
    judge: Judge,
    is_judged: OnceLock<()>,
}

impl EntryLayer {
    /// The layer of an entry, whose bytes are only given out after `judge` has seen them; none of a step that wrote no
    /// file.
    pub fn of(cache: &RegistryCache, found: &Found, judge: Judge) -> Option<Self> {
        let (packed, is_judged) = (found.config.packed?, OnceLock::new());
        let (cache, at) = (cache.clone(), found.at.clone());
        Some(Self { cache, name: found.name, at, packed, judge, is_judged })
    }

    fn fetch(&self) -> io::Result<CachedBlob> {
        if self.cache.distrusts(self.name, &self.at) {
            return Err(io::Error::other("the layer of an entry of the registry cache is not used"));
        }
        match self.cached()? {
            Some(blob) => Ok(blob),
            None => self.judged(self.cache.fetch(&self.at, self.packed.digest, self.packed.size)?),
        }
    }

    /// The layer in the local cache.
    fn cached(&self) -> io::Result<Option<CachedBlob>> {
        let blob = self.cache.local().open(self.packed.digest, self.packed.size).map_err(io::Error::other)?;
        blob.map(|blob| self.judged(blob)).transpose()
    }

    /// The same blob, if it is what the entry says.
    fn judged(&self, blob: CachedBlob) -> io::Result<CachedBlob> {
        if self.is_judged.get().is_none() {
            (self.judge)(&blob)?;
        }
        self.is_judged.get_or_init(|| ());
        Ok(blob)
    }
}

impl RegistryCache {
    /// Fetches the blob of an entry into the local cache: its bytes have this digest.
    fn fetch(&self, at: &Reference, digest: Digest, size: u64) -> io::Result<CachedBlob> {
        let (cache, at) = (self.clone(), at.clone());
        let longest = patience::of_layer(self.repositories().patience, size);
        let fetched = patience::within(longest, &NEVER, move || cache.fetch_all(&at, digest, size));
        fetched.unwrap_or_else(|| Err(io::Error::new(io::ErrorKind::TimedOut, "it does not come in time")))
    }

    fn fetch_all(&self, at: &Reference, digest: Digest, size: u64) -> io::Result<CachedBlob> {
        let (registries, progress) = (self.registries(), self.progress());
        let open = |offset: u64| -> io::Result<Box<dyn Read + Send>> {
            progress.fetching(digest, size, offset);
            let rest = registries.blob_from(at, digest, size, offset).map_err(io::Error::other)?;
            Ok(Box::new(ProgressReader::new(rest, digest, Arc::clone(progress))))
        };
        let fetched = self.local().fetch(digest, size, &NEVER, &open);
        progress.fetched(digest);
        fetched.map_err(|error| match error {
            FetchError::Source { source, .. } => source,
            error => error.into(),
        })
    }

    /// An entry is true of what was made here. Whether the repository has its layer; none where the registry does not say:
    /// then the entry does not count as verified.
    pub fn has_layer(&self, found: &Found, interrupted: &AtomicBool) -> Option<bool> {
        let Some(packed) = found.config.packed else {
            self.state().verified(found.name);
            return Some(true);
        };
        let (registries, at) = (self.registries().clone(), found.at.clone());
        let begin = move || registries.blob(&at, packed.digest, packed.size).map(drop);
        let begun = patience::within(self.repositories().patience, interrupted, begin)?;
        match begun.map_err(BadEntry::from) {
            Ok(()) => {
                self.state().verified(found.name);
                Some(true)
            }
            Err(error) if error.is_refused() || error.is_of_the_registry() => None,
            Err(_) => Some(false),
        }
    }

    /// The layer of an entry, whatever is in it, where the repository has it.
    pub fn layer_as_it_is(&self, found: &Found) -> Option<Box<dyn Read + Send>> {
        let packed = found.config.packed?;
        self.fetch(&found.at, packed.digest, packed.size).ok()?.open().ok()
    }
}

impl BlobSource for EntryLayer {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let claim = (self.name, self.packed.digest);
        self.fetch().inspect_err(|error| self.cache.distrust(claim, &self.at, error))?.open()
    }

    fn file(&self) -> io::Result<Option<File>> {
        match self.cached() {
            Ok(Some(blob)) => blob.file(),
            _ => Ok(None),
        }
    }

    fn mount_from(&self) -> Option<&Reference> {
        Some(&self.at)
    }
}
