//! `EntryLayer`: the layer of an entry, whose bytes are fetched where something needs them.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::bad_entry_error::BadEntry;
use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::found::Found;
use crate::image::BlobSource;
use crate::pack::Packed;
use crate::progress::ProgressReader;
use crate::reference::Reference;
use crate::store::cache::{CachedBlob, FetchError};
use crate::survey;

/// A fetch is not interrupted by a flag: its thread is abandoned.
static NEVER: AtomicBool = AtomicBool::new(false);

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
}

impl EntryLayer {
    /// The layer of an entry; none of a step that wrote no file.
    pub fn of(cache: &RegistryCache, found: &Found) -> Option<Self> {
        let packed = found.config.packed?;
        Some(Self { cache: cache.clone(), name: found.name, at: found.at.clone(), packed })
    }

    /// The layer in the local cache, verified.
    fn cached(&self) -> io::Result<Option<CachedBlob>> {
        let Packed { digest, size, .. } = self.packed;
        match self.cache.local().open(digest, size).map_err(io::Error::other)? {
            Some(blob) => self.verified(blob).map(Some),
            None => Ok(None),
        }
    }

    fn fetch(&self) -> io::Result<CachedBlob> {
        if self.cache.distrusts(self.name) {
            return Err(io::Error::other("the layer of an entry of the registry cache is not used"));
        }
        if let Some(blob) = self.cached()? {
            return Ok(blob);
        }
        let Packed { digest, size, .. } = self.packed;
        let (registries, progress) = (self.cache.registries(), self.cache.progress());
        let open = |offset: u64| -> io::Result<Box<dyn Read + Send>> {
            progress.fetching(digest, size, offset);
            let rest = registries.blob_from(&self.at, digest, size, offset).map_err(io::Error::other)?;
            Ok(Box::new(ProgressReader::new(rest, digest, Arc::clone(progress))))
        };
        let fetched = self.cache.local().fetch(digest, size, &NEVER, &open);
        progress.fetched(digest);
        match fetched {
            Ok(blob) => self.verified(blob),
            Err(FetchError::Source { source, .. }) => Err(source),
            Err(error) => Err(error.into()),
        }
    }

    /// The same blob, if it unpacks to what the entry says.
    fn verified(&self, blob: CachedBlob) -> io::Result<CachedBlob> {
        let Packed { digest, diff_id, tar_size, .. } = self.packed;
        let known = self.cache.local().unpacked(digest);
        let found = match known {
            Some(known) => known,
            None => survey::unpacked(blob.open()?.take(self.packed.size))?,
        };
        if known.is_none() {
            self.cache.local().keep_unpacked(digest, found);
        }
        match found == (diff_id, tar_size) {
            true => Ok(blob),
            false => Err(io::Error::other(BadEntry::DiffId { expected: diff_id, found: found.0 })),
        }
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
