//! Blobs kept from one build to the next, by their digests, shared by every process of a user.
//!
//! ```text
//! CACHEDIR.TAG
//! blobs/sha256/<hex>    whole and verified when they got this name, and again when they are read
//! partial/<hex>         what came of a download so far; locked while one goes on
//! ```
//!
//! A download takes its final name by a rename, so a killed process leaves no half entry. Whoever
//! uses an entry holds it open and locked (shared): deleting the directory, or any file of it, at
//! any moment costs a download and nothing else.

mod fetch;
mod layers;
mod memo;
mod prune;
mod sealed;
mod turns;
mod verify;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use tempfile::TempDir;

pub use fetch::{FetchError, OpenRest};
pub use layers::CachedBlocks;
pub use memo::Memo;
pub use prune::{Info, Limits, Pruned};
pub use turns::Turn;
pub use verify::Verified;

use super::FileError;
use super::archive::DOCUMENT_MAX;
use crate::digest::{Digest, HashWriter};
use crate::image::BlobSource;

/// Tells backup programs to leave the directory out (<https://bford.info/cachedir/>).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Cache of lambda-img: safe to delete.\n";

/// The cache in one directory. Made when it is first written to; cheap to clone.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    /// Holds the directory of a cache that ends with the process.
    _temporary: Option<Arc<TempDir>>,
}

impl Cache {
    /// The cache in the directory `root`, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), _temporary: None }
    }

    /// A cache in a new directory below `parent`, deleted with the last of its clones.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn temporary(parent: &Path) -> Result<Self, FileError> {
        let made = tempfile::Builder::new().prefix("lambda-img-cache-").tempdir_in(parent);
        let dir = made.map_err(FileError::of("create a temporary directory in", parent))?;
        Ok(Self { root: dir.path().to_owned(), _temporary: Some(Arc::new(dir)) })
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// An entry, verified; `None` where there is none. A corrupt one is deleted where it may be, and is
    /// none.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn open(&self, digest: Digest, size: u64) -> Result<Option<CachedBlob>, FileError> {
        Ok(self.verified(digest)?.filter(|blob| blob.size == size))
    }

    /// Whether there is an entry of that size, by its name alone: for messages and plans.
    pub fn has(&self, digest: Digest, size: u64) -> bool {
        fs::metadata(self.blob_path(digest)).is_ok_and(|file| file.len() == size)
    }

    /// A small entry, whole and verified.
    ///
    /// # Errors
    /// [`FileError`] of the host, and where the entry is larger than 4 MiB.
    pub fn document(&self, digest: Digest) -> Result<Option<Vec<u8>>, FileError> {
        let Some(blob) = self.verified(digest)? else { return Ok(None) };
        let failed = || FileError::of("read", self.blob_path(digest));
        if blob.size > DOCUMENT_MAX {
            return Err(failed()(io::Error::other(format!("{} bytes are too many for it", blob.size))));
        }
        let mut bytes = Vec::new();
        blob.open().and_then(|mut reader| reader.read_to_end(&mut bytes)).map_err(failed())?;
        Ok(Some(bytes))
    }

    fn verified(&self, digest: Digest) -> Result<Option<CachedBlob>, FileError> {
        let path = self.blob_path(digest);
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(FileError::of("open", &path))?,
        };
        // Only to keep `prune` away: on a file system without locks it may take what we use.
        let _ = file.try_lock_shared();
        let hash = || {
            let mut writer = HashWriter::new(io::sink());
            io::copy(&mut &file, &mut writer)?;
            let (_, found, size) = writer.finish();
            Ok((found, size))
        };
        let (found, size) = hash().map_err(FileError::of("read", &path))?;
        if found != digest {
            if is_at(&file, &path) {
                // A cache that cannot be written to: who fetches anew will hear of it.
                let _ = remove(&path);
            }
            return Ok(None);
        }
        touch(&file);
        Ok(Some(CachedBlob { file: Arc::new(file), size, path: path.into() }))
    }

    fn blob_path(&self, digest: Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    fn partial_path(&self, digest: Digest) -> PathBuf {
        self.root.join("partial").join(digest.hex())
    }

    fn create_dirs(&self) -> Result<(), FileError> {
        let tag = self.root.join("CACHEDIR.TAG");
        let fresh = !tag.exists();
        for dir in ["blobs/sha256", "partial"].map(|name| self.root.join(name)) {
            fs::create_dir_all(&dir).map_err(FileError::of("create directory", &dir))?;
        }
        if fresh {
            fs::write(&tag, TAG).map_err(FileError::of("write", &tag))?;
        }
        Ok(())
    }
}

/// An entry in use: open, locked against `prune`, verified.
#[derive(Clone, Debug)]
pub struct CachedBlob {
    file: Arc<File>,
    size: u64,
    path: Arc<Path>,
}

impl BlobSource for CachedBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(At { file: Arc::clone(&self.file), offset: 0 }))
    }

    fn link(&self, to: &Path) -> io::Result<bool> {
        if fs::hard_link(&self.path, to).is_err() {
            return Ok(false);
        }
        // Another file may have the name by now.
        let ours = is_at(&self.file, to);
        if !ours {
            fs::remove_file(to)?;
        }
        Ok(ours)
    }
}

/// A reader with an offset of its own: the file is shared.
struct At {
    file: Arc<File>,
    offset: u64,
}

impl Read for At {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buf, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

/// Marks an entry as used now, by the kernel's clock. A cache that cannot be written to stays as it is.
fn touch(file: &File) {
    let at = |nsec| Timespec { tv_sec: 0, tv_nsec: nsec };
    let times = Timestamps { last_access: at(UTIME_OMIT), last_modification: at(UTIME_NOW) };
    let _ = rustix::fs::futimens(file, &times);
}

/// Keeps what can be kept: a cache that cannot be written to costs the next build time, not this one its
/// success.
fn where_possible(keep: impl FnOnce() -> Result<(), FileError>) {
    let _ = keep();
}

/// Whether `path` still leads to `file`.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Removes a file that somebody else may have removed.
fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::of("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Locks `file` for us alone; `false` where somebody else holds it. File systems without locks have
/// no second process to wait for.
fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests;
