//! Blobs of registries, read through the cache.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::place::Place;
use super::remote_blob_error::NotCached;
use crate::context::Context;
use crate::image::{BlobSource, Descriptor};
use crate::progress::ProgressReader;
use crate::reference::Reference;
use crate::registry;
use crate::store::cache::{CachedBlob, FetchError};
use crate::work::lock;

/// A fetch is not interrupted by a flag: its thread is abandoned.
pub(super) static NEVER: AtomicBool = AtomicBool::new(false);

/// Whether the error is the cache's lack of something that may not be fetched.
pub(super) fn is_not_cached(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotCached>())
}

/// A blob of a registry that is read through the cache.
pub(super) struct RemoteBlob {
    pub(super) context: Context,
    /// Where the image is that it belongs to.
    pub(super) place: Arc<Place>,
    pub(super) wanted: Descriptor,
    /// Verified, and held open from its first use on.
    pub(super) found: Mutex<Option<CachedBlob>>,
}

impl RemoteBlob {
    fn cached(&self) -> Result<Option<CachedBlob>, FetchError> {
        self.look(&mut lock(&self.found))
    }

    fn look(&self, found: &mut Option<CachedBlob>) -> Result<Option<CachedBlob>, FetchError> {
        if found.is_none() {
            *found = self.context.cache.open(self.wanted.digest, self.wanted.size)?;
        }
        Ok(found.clone())
    }

    fn fetch(&self) -> Result<CachedBlob, FetchError> {
        // Held until it is there: other functions of a fleet that want it would each verify it once more.
        let mut found = lock(&self.found);
        if let Some(blob) = self.look(&mut found)? {
            return Ok(blob);
        }
        let Descriptor { digest, size, .. } = self.wanted;
        let Context { cache, registries, offline, progress, .. } = &self.context;
        if *offline {
            let source = io::Error::new(io::ErrorKind::NotFound, NotCached(digest));
            return Err(FetchError::Source { digest, source });
        }
        let open = |offset: u64| -> io::Result<Box<dyn Read + Send>> {
            progress.fetching(digest, size, offset);
            let read = |from: &Reference| registries.blob_from(from, digest, size, offset);
            let rest = self.place.read(&self.context, read).map_err(io::Error::other)?;
            Ok(Box::new(ProgressReader::new(rest, digest, Arc::clone(progress))))
        };
        let fetched = cache.fetch(digest, size, &NEVER, &open);
        progress.fetched(digest);
        let blob = fetched?;
        *found = Some(blob.clone());
        Ok(blob)
    }
}

impl BlobSource for RemoteBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        match self.fetch() {
            Ok(blob) => blob.open(),
            // The words of the source are enough: the caller names the blob.
            Err(FetchError::Source { source, .. }) => Err(source),
            Err(error) => Err(error.into()),
        }
    }

    fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        if let Some(blob) = self.cached()? {
            return blob.open();
        }
        if self.context.offline {
            return self.open();
        }
        let Descriptor { digest, size, .. } = self.wanted;
        let read = |from: &Reference| self.context.registries.blob(from, digest, size);
        let reader = self.place.read(&self.context, read);
        Ok(Box::new(reader.map_err(|error: registry::RegistryError| io::Error::other(error))?))
    }

    fn file(&self) -> io::Result<Option<File>> {
        // As it was verified when it came; what was not fetched yet comes by `open`.
        match &*lock(&self.found) {
            Some(blob) => blob.file(),
            None => Ok(None),
        }
    }

    fn mount_from(&self) -> Option<&Reference> {
        Some(self.place.reference(&self.context))
    }
}
