//! `EntryLayer`: the layer of an entry, whose bytes are fetched where something needs them.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::bad_entry_error::{BadEntry, is_of_the_registry, is_refused};
use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::find::SILENT;
use super::found::Found;
use super::patience;
use crate::digest::Digest;
use crate::image::BlobSource;
use crate::pack::Packed;
use crate::progress::ProgressReader;
use crate::reference::Reference;
use crate::registry::RegistryError;
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

    /// The entry is not used any more, because of an error; unless the user ended what led to it.
    fn distrust(&self, error: &io::Error) {
        if self.cache.interrupted().load(Ordering::Relaxed) {
            return;
        }
        self.cache.distrust((self.name, self.packed.digest), &self.at, error);
    }

    fn fetch(&self) -> io::Result<CachedBlob> {
        if self.cache.distrusts(self.name, &self.at) {
            return Err(io::Error::other("the layer of an entry of the registry cache is not used"));
        }
        match self.cached()? {
            Some(blob) => Ok(blob),
            None => {
                let Packed { digest, size, .. } = self.packed;
                self.judged(self.cache.fetch(&self.at, (digest, size), self.cache.interrupted())?)
            }
        }
    }

    /// The layer in the local cache.
    fn cached(&self) -> io::Result<Option<CachedBlob>> {
        let blob = self.cache.local().open(self.packed.digest, self.packed.size).map_err(io::Error::other)?;
        blob.map(|blob| self.judged(blob)).transpose()
    }

    /// Makes sure that the layer has the size that the entry says, without its bytes where the registry states it.
    fn prove(&self) -> io::Result<()> {
        let Packed { digest, size, .. } = self.packed;
        if self.is_judged.get().is_some() || self.cache.local().has(digest, size) {
            return Ok(());
        }
        match self.cache.size_of_blob(&self.at, digest)? {
            Some(found) if found == size => Ok(()),
            Some(found) => Err(io::Error::other(BadEntry::LayerSize { expected: size, found })),
            None => self.fetch().map(drop),
        }
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

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it does not come in time")
}

impl RegistryCache {
    /// Fetches the blob of an entry into the local cache: its bytes have this digest.
    fn fetch(
        &self,
        at: &Reference,
        (digest, size): (Digest, u64),
        interrupted: &AtomicBool,
    ) -> io::Result<CachedBlob> {
        let (cache, from, at) = (self.clone(), at, at.clone());
        let longest = patience::of_layer(self.repositories().patience, size);
        self.ask(from, longest, interrupted, move || cache.fetch_all(&at, digest, size))
    }

    /// What `ask` gets of a repository, where that answers; one that fails is not asked any more.
    fn ask<T: Send + 'static>(
        &self,
        at: &Reference,
        patience: Duration,
        interrupted: &AtomicBool,
        ask: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        if self.is_silent(at) {
            return Err(io::Error::other(SILENT));
        }
        let answer = patience::within(patience, interrupted, ask);
        if !interrupted.load(Ordering::Relaxed) {
            match &answer {
                None => self.leave_alone_for(at, None),
                Some(Err(error)) => {
                    let error = error.get_ref().and_then(|error| error.downcast_ref::<RegistryError>());
                    if let Some(error) = error.filter(|error| is_of_the_registry(error) && !is_refused(error))
                    {
                        self.leave_alone_for(at, Some(error));
                    }
                }
                Some(Ok(_)) => {}
            }
        }
        answer.unwrap_or_else(|| Err(late()))
    }

    /// The size of a blob, as its repository states it now or did once; `None` where it states none.
    fn size_of_blob(&self, at: &Reference, digest: Digest) -> io::Result<Option<u64>> {
        if let Some(size) = self.remembered_size(at, digest) {
            return Ok(Some(size));
        }
        let (registries, place) = (self.registries().clone(), at.clone());
        let ask = move || registries.blob_size(&place, digest).map_err(io::Error::other);
        let size = self.ask(at, self.repositories().patience, self.interrupted(), ask)?;
        size.iter().for_each(|size| self.remember_size(at, digest, *size));
        Ok(size)
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

    /// An entry is true of what was made here. Whether the repository has its layer.
    ///
    /// # Errors
    /// Why the repository does not say so.
    pub fn has_layer(&self, found: &Found, interrupted: &AtomicBool) -> Result<bool, BadEntry> {
        let Some(packed) = found.config.packed else {
            self.state().verified(found);
            return Ok(true);
        };
        let (registries, at) = (self.registries().clone(), found.at.clone());
        let begin = move || registries.blob(&at, packed.digest, packed.size).map(drop);
        let begun = patience::within(self.repositories().patience, interrupted, begin);
        match begun.map(|begun| begun.map_err(BadEntry::from)) {
            Some(Ok(())) => {
                self.state().verified(found);
                Ok(true)
            }
            Some(Err(error)) if error.is_refused() || error.is_of_the_registry() => Err(error),
            Some(Err(_)) => Ok(false),
            None => Err(BadEntry::Form(late().to_string())),
        }
    }

    /// The layer of an entry, whatever is in it, where the repository has it.
    pub fn layer_as_it_is(&self, found: &Found, interrupted: &AtomicBool) -> Option<Box<dyn Read + Send>> {
        let packed = found.config.packed?;
        self.fetch(&found.at, (packed.digest, packed.size), interrupted).ok()?.open().ok()
    }
}

impl BlobSource for EntryLayer {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.fetch().inspect_err(|error| self.distrust(error))?.open()
    }

    fn prove_size(&self) -> io::Result<()> {
        self.prove().inspect_err(|error| self.distrust(error))
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
