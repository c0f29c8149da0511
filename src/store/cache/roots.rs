//! Unpacked images: a directory each, with a lock file that says how large it is and when it was last used.
//!
//! ```text
//! roots/<name>/lock      its bytes, as text; held (shared) by each process that runs the image
//! roots/<name>/root/     the files of the image
//! ```

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::{Cache, touch};
use crate::store::lock::{Lock, try_lock};
use crate::store::{FileError, remove_tree};

/// An unpacked image in use: it is not removed while this value lives.
#[derive(Debug)]
pub struct CachedRoot {
    path: PathBuf,
    _lock: File,
}

impl CachedRoot {
    /// The directory that is the root of the image.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Cache {
    /// The directory of all unpacked images.
    pub fn roots(&self) -> PathBuf {
        self.root().join("roots")
    }

    /// An unpacked image.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn root_of(&self, name: &str) -> Result<Option<CachedRoot>, FileError> {
        let home = self.roots().join(name);
        let lock = home.join("lock");
        match File::options().read(true).write(true).open(&lock) {
            Ok(file) => {
                // On a file system without locks, `prune` may take what is in use.
                let _ = file.try_lock_shared();
                touch(&file);
                // It may have been removed before it was locked.
                Ok(lock.exists().then(|| CachedRoot { path: home.join("root"), _lock: file }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::of("open", lock)(error)),
        }
    }

    /// Gives the unpacked image in `partial`, of `size` bytes, its name.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn keep_root(&self, partial: &Path, name: &str, size: u64) -> Result<(), FileError> {
        let lock = partial.join("lock");
        let write = || File::create(&lock)?.write_all(size.to_string().as_bytes());
        write().map_err(FileError::of("write", &lock))?;
        fs::rename(partial, self.roots().join(name)).map_err(FileError::of("rename", partial))
    }

    /// Removes a directory of unpacked images, whatever permissions it has.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn remove_root(&self, name: &str) -> Result<(), FileError> {
        let roots = self.roots();
        let remove = || remove_tree::remove(File::open(&roots)?.as_fd(), name);
        remove().map_err(FileError::of("remove", roots.join(name)))
    }

    /// Removes an unpacked image that no process uses; whether it is gone.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn remove_unused_root(&self, home: &Path) -> Result<bool, FileError> {
        let Some(name) = home.file_name().and_then(|name| name.to_str()) else { return Ok(false) };
        let lock = home.join("lock");
        if let Ok(file) = File::open(&lock) {
            if try_lock(&file).map_err(FileError::of("lock", &lock))? == Lock::Taken {
                return Ok(false);
            }
            // Without its lock file, no process takes it for whole.
            super::remove(&lock)?;
        }
        self.remove_root(name).map(|()| true)
    }
}

/// The bytes that an unpacked image has, as its lock file says.
pub fn size(home: &Path) -> u64 {
    fs::read_to_string(home.join("lock")).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}
