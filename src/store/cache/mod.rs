//! The cache: blobs by their digests, kept between builds and shared by all processes of a user.
//!
//! ```text
//! CACHEDIR.TAG
//! blobs/sha256/<hex>    complete blobs; verified before they get this name, and again when they are read
//! partial/<hex>         incomplete downloads; locked while a download runs
//! roots/<name>          images that were unpacked to run
//! ```
//!
//! A download gets its final name by a rename, so a killed process leaves no incomplete entry. A process holds the
//! entries that it uses open, with a shared lock. You can delete the directory or any file of it at any time: the
//! only cost is another download.

mod checksummed;
mod fetch;
mod fetch_error;
mod layers;
mod prune;
mod push_lock;
mod records;
mod roots;
mod segment_index;
mod segments;
mod sweep;
mod trust;
mod trust_error;
mod user_dir;
mod verify;
mod workplace;

use std::fmt;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};

pub use self::roots::CachedRoot;
pub use super::cache::push_lock::PushLock;
pub use super::cache::records::RecordKind;
pub use fetch::OpenRest;
pub use fetch_error::FetchError;
pub use prune::{Info, Limits, Pruned};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
pub use segments::{LayerSegments, Segments};
pub use trust::check;
pub use trust_error::Distrust;
pub use user_dir::user_dir;
pub use verify::Verified;
pub use workplace::Workplace;

use super::lock::{self, Lock};
use super::regular_file::{self, is_at};
use super::temporary::Held;
use super::{DOCUMENT_MAX, FileError, OpenFile};
use crate::digest::Digest;
use crate::image::BlobSource;
use crate::progress::Progress;

/// Tells backup programs to leave the directory out (<https://bford.info/cachedir/>).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Cache of lambda-img: safe to delete.\n";

/// The cache in one directory. Made when it is first written to; cheap to clone.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    /// Whether what killed processes left is gone.
    swept: Arc<Once>,
    /// Who hears what is waited for.
    tell: Tell,
    /// Holds the directory of a cache that ends with the process.
    _temporary: Option<Arc<Held>>,
}

impl Cache {
    /// The cache in the directory `root`, which need not exist.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), swept: Arc::new(Once::new()), tell: Tell::default(), _temporary: None }
    }

    /// A cache in a new directory below `parent`, deleted with the last of its clones.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn temporary(parent: &Path) -> Result<Self, FileError> {
        let dir = Held::inside(parent, "lambda-img-cache-")?;
        Ok(Self {
            root: dir.path().to_owned(),
            swept: Arc::new(Once::new()),
            tell: Tell::default(),
            _temporary: Some(Arc::new(dir)),
        })
    }

    /// The same; `progress` hears, once, when another process fetches what is wanted, and takes its time.
    pub fn telling(self, progress: Arc<dyn Progress>) -> Self {
        Self { tell: Tell { progress: Some(progress), told: Arc::new(Once::new()) }, ..self }
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A verified entry; `None` if there is none. A corrupt entry is deleted if that is allowed, and counts as missing.
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

    /// Marks an entry as used now, by its name alone.
    pub fn mark_blob_used(&self, digest: Digest) {
        regular_file::open(&self.blob_path(digest)).iter().for_each(touch);
    }

    /// A small entry, whole and verified.
    ///
    /// # Errors
    /// [`FileError`] of the host, and where the entry is larger than 4 MiB.
    pub fn document(&self, digest: Digest) -> Result<Option<Vec<u8>>, FileError> {
        let Some(blob) = self.verified(digest)? else { return Ok(None) };
        let failed = || FileError::of("read", self.blob_path(digest));
        if blob.size > DOCUMENT_MAX {
            return Err(failed()(io::Error::other(format!("it has {} bytes, which is too many", blob.size))));
        }
        let mut bytes = Vec::new();
        blob.open().and_then(|mut reader| reader.read_to_end(&mut bytes)).map_err(failed())?;
        Ok(Some(bytes))
    }

    fn verified(&self, digest: Digest) -> Result<Option<CachedBlob>, FileError> {
        let path = self.blob_path(digest);
        let file = match regular_file::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) if regular_file::is_other(&path) => {
                let _ = remove(&path);
                return Ok(None);
            }
            opened => opened.map_err(FileError::of("open", &path))?,
        };
        // Only to keep `prune` away: on a file system without locks it may take what we use.
        let _ = file.try_lock_shared();
        let (found, size) = Digest::of_reader(&file).map_err(FileError::of("read", &path))?;
        if found != digest {
            if is_at(&file, &path) {
                // A cache that cannot be written to: who fetches anew will hear of it.
                let _ = remove(&path);
            }
            return Ok(None);
        }
        touch(&file);
        Ok(Some(CachedBlob { file: OpenFile::new(file), size, path: path.into() }))
    }

    fn blob_path(&self, digest: Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    fn partial_path(&self, digest: Digest) -> PathBuf {
        self.root.join("partial").join(digest.hex())
    }

    /// Runs `write`, which makes a file in `dir`. The directories of the cache are made before the first one, and where they
    /// were deleted since: a fleet keeps thousands of files.
    fn writing<T>(&self, dir: &Path, write: impl Fn() -> io::Result<T>) -> Result<io::Result<T>, FileError> {
        if self.swept.is_completed() {
            match write() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                written => return Ok(written),
            }
        }
        self.create_dirs()?;
        fs::create_dir_all(dir).map_err(FileError::of("create directory", dir))?;
        Ok(write())
    }

    fn create_dirs(&self) -> Result<(), FileError> {
        let tag = self.root.join("CACHEDIR.TAG");
        let fresh = !tag.exists();
        // Whoever could write here would say what is in images.
        let mut private = DirBuilder::new();
        private.recursive(true).mode(0o700);
        private.create(&self.root).map_err(FileError::of("create directory", &self.root))?;
        for dir in ["blobs/sha256", "partial"].map(|name| self.root.join(name)) {
            fs::create_dir_all(&dir).map_err(FileError::of("create directory", &dir))?;
        }
        if fresh {
            fs::write(&tag, TAG).map_err(FileError::of("write", &tag))?;
        }
        self.swept.call_once(|| self.sweep());
        Ok(())
    }
}

/// Who hears what is waited for, and whether it did.
#[derive(Clone)]
struct Tell {
    progress: Option<Arc<dyn Progress>>,
    told: Arc<Once>,
}

impl Default for Tell {
    fn default() -> Self {
        Self { progress: None, told: Arc::new(Once::new()) }
    }
}

impl fmt::Debug for Tell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tell")
    }
}

impl Tell {
    fn locked(&self, path: &Path) {
        if let Some(progress) = &self.progress {
            self.told.call_once(|| progress.locked(path));
        }
    }
}

/// An entry in use: open, locked against `prune`, verified.
#[derive(Clone, Debug)]
pub struct CachedBlob {
    file: OpenFile,
    size: u64,
    path: Arc<Path>,
}

impl BlobSource for CachedBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        self.file.open()
    }

    fn file(&self) -> io::Result<Option<File>> {
        // Of its own, for it has an offset; and another file may have the name by now.
        Ok(regular_file::open(&self.path).ok().filter(|file| self.file.is(file)))
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

/// Removes a file that another process may have removed.
fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::of("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Locks `file` for us alone; `false` where another process holds it. File systems without locks have
/// no second process to wait for.
fn try_lock(file: &File) -> io::Result<bool> {
    Ok(lock::try_lock(file)? != Lock::Taken)
}

#[cfg(test)]
mod tests;
