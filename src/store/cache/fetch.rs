//! Downloads into the cache: once for all processes, resumed where an earlier try ended.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{Cache, CachedBlob, FileError, OpenFile, is_at, regular_file, remove, touch, try_lock};
use crate::digest::{Digest, Hasher, Mismatch};
use crate::store::lock::{LOOK, PATIENCE};
use crate::work::Interrupted;

/// How often a download begins again because the partial file was deleted, or because a part that was
/// kept from an earlier try turned out to be something else.
const TRIES: usize = 3;

/// Opens the bytes of a blob from an offset on.
pub type OpenRest<'a> = &'a dyn Fn(u64) -> io::Result<Box<dyn Read + Send>>;

/// Why an entry could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// The place that it comes from, or the way there. What came is kept.
    #[error("fetch {digest}")]
    Source {
        /// The blob.
        digest: Digest,
        /// What went wrong.
        source: io::Error,
    },
    /// The place has other bytes under this digest.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// Another process deletes what comes in, each time.
    #[error("{0} is deleted from the cache while it comes in")]
    Deleted(Digest),
    /// Interrupted. What came is kept.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}

impl From<FetchError> for io::Error {
    fn from(error: FetchError) -> Self {
        io::Error::other(error)
    }
}

impl Cache {
    /// The entry, downloaded by `open` where it is not there: by one process, the others wait. Ends
    /// early where `stop` says so; the bytes so far are kept, and the next try continues after them.
    ///
    /// # Errors
    /// [`FetchError`].
    pub fn fetch(
        &self,
        digest: Digest,
        size: u64,
        stop: &AtomicBool,
        open: OpenRest<'_>,
    ) -> Result<CachedBlob, FetchError> {
        let path = self.partial_path(digest);
        let mut tries = 0;
        while tries < TRIES {
            if let Some(blob) = self.open(digest, size)? {
                return Ok(blob);
            }
            self.create_dirs()?;
            let Some(file) = self.partial(&path)? else {
                tries += 1;
                continue;
            };
            if !self.wait(&file, &path, stop)? {
                continue;
            }
            // Whoever we waited for is done, or gave up.
            if self.has(digest, size) {
                remove(&path)?;
                tries += 1;
                continue;
            }
            let file =
                download(file, &path, digest, size, stop, open).inspect_err(|error| give_up(error, &path))?;
            if self.name(&path, digest)? {
                touch(&file);
                // From ours alone to one of many: only to keep `prune` away.
                let _ = file.try_lock_shared();
                return Ok(CachedBlob {
                    file: OpenFile::new(file),
                    size,
                    path: self.blob_path(digest).into(),
                });
            }
            tries += 1;
        }
        Err(FetchError::Deleted(digest))
    }

    /// A small entry of unknown size, got whole by `get` where it is not there: by one process, the
    /// others wait. `get` vouches for the digest.
    ///
    /// # Errors
    /// [`FetchError`], and what `get` gives.
    pub fn document_or<E: From<FetchError>>(
        &self,
        digest: Digest,
        stop: &AtomicBool,
        get: impl Fn() -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let path = self.partial_path(digest);
        let host = |error: FileError| E::from(error.into());
        for _ in 0..TRIES {
            if let Some(bytes) = self.document(digest).map_err(host)? {
                return Ok(bytes);
            }
            self.create_dirs().map_err(host)?;
            let Some(mut file) = self.partial(&path).map_err(host)? else { continue };
            if !self.wait(&file, &path, stop)? {
                continue;
            }
            // Whoever we waited for is done, or gave up.
            if let Some(bytes) = self.document(digest).map_err(host)? {
                remove(&path).map_err(host)?;
                return Ok(bytes);
            }
            let bytes = get()?;
            let written = file.set_len(0).and_then(|()| file.write_all(&bytes));
            let written = written.map_err(FileError::of("write", &path)).map_err(FetchError::from);
            written.inspect_err(|error| give_up(error, &path))?;
            // Deleted again or not: we have it.
            self.name(&path, digest).map_err(host)?;
            return Ok(bytes);
        }
        Err(FetchError::Deleted(digest).into())
    }

    /// What comes of an entry so far, opened; `None` where the directory went again.
    fn partial(&self, path: &Path) -> Result<Option<File>, FileError> {
        if regular_file::is_other(path) {
            remove(path)?;
        }
        match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some).map_err(FileError::of("open", path)),
        }
    }

    /// Waits until we alone hold the file. `false` where it is not the one at `path` any more: finished
    /// by the one we waited for, or deleted.
    fn wait(&self, file: &File, path: &Path, stop: &AtomicBool) -> Result<bool, FetchError> {
        let mut looks = 0;
        while !try_lock(file).map_err(FileError::of("lock", path))? {
            if stop.load(Ordering::Relaxed) {
                return Err(Interrupted.into());
            }
            // Finished, and in use by who finished it: waiting for the lock could be waiting for
            // somebody who waits for us with another blob.
            if !is_at(file, path) {
                return Ok(false);
            }
            looks += 1;
            if looks == PATIENCE {
                self.tell.locked(path);
            }
            thread::sleep(LOOK);
        }
        Ok(is_at(file, path))
    }

    /// Gives a complete download its name; `false` if it was deleted.
    fn name(&self, path: &Path, digest: Digest) -> Result<bool, FileError> {
        match fs::rename(path, self.blob_path(digest)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::of("rename", path)(error)),
        }
    }
}

/// Keeps what came of a download for the next try, but not where it is what holds the disk full.
fn give_up(error: &FetchError, path: &Path) {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    if let FetchError::File(error) = error
        && matches!(error.source.kind(), StorageFull | QuotaExceeded | FileTooLarge)
    {
        let _ = remove(path);
    }
}

/// Completes the partial file, which is ours alone, and verifies it.
fn download(
    mut file: File,
    path: &Path,
    digest: Digest,
    size: u64,
    stop: &AtomicBool,
    open: OpenRest<'_>,
) -> Result<File, FetchError> {
    let mut kept = file.metadata().map_err(FileError::of("read", path))?.len();
    if kept > size {
        kept = 0;
    }
    loop {
        file.set_len(kept).map_err(FileError::of("write", path))?;
        let (hasher, offset) = hash(&mut file).map_err(FileError::of("read", path))?;
        let found = append(&mut file, path, hasher, (digest, offset, size), stop, open);
        match found {
            // The part from an earlier try may have been of something else.
            Err(FetchError::Mismatch(_)) if kept > 0 => kept = 0,
            Err(FetchError::Mismatch(mismatch)) => {
                remove(path)?;
                return Err(mismatch.into());
            }
            done => return done.map(|()| file),
        }
    }
}

fn hash(file: &mut File) -> io::Result<(Hasher, u64)> {
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 256 * 1024];
    let mut offset = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok((hasher, offset)),
            Ok(count) => {
                hasher.update(&buffer[..count]);
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn append(
    file: &mut File,
    path: &Path,
    mut hasher: Hasher,
    (digest, mut offset, size): (Digest, u64, u64),
    stop: &AtomicBool,
    open: OpenRest<'_>,
) -> Result<(), FetchError> {
    let failed = |source| FetchError::Source { digest, source };
    let mut rest = if offset < size { open(offset).map_err(failed)? } else { Box::new(io::empty()) };
    let mut buffer = vec![0; 256 * 1024];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Err(Interrupted.into());
        }
        let count = match rest.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read.map_err(failed)?,
        };
        if count == 0 {
            break;
        }
        offset += count as u64;
        if offset > size {
            let actual = format!("at least {offset}");
            return Err(Mismatch::Size { digest, expected: size, actual }.into());
        }
        hasher.update(&buffer[..count]);
        file.write_all(&buffer[..count]).map_err(FileError::of("write", path))?;
    }
    if offset < size {
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    }
    let actual = hasher.finish();
    if actual == digest { Ok(()) } else { Err(Mismatch::Digest { expected: digest, actual }.into()) }
}
