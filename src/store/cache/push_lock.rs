//! Locks for work that processes of a user must not do at the same time. The second process often finds the work done.
//!
//! ```text
//! turns/<hex>    empty; locked while this work is done
//! ```

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::thread;

use rustix::fs::OFlags;

use super::{Cache, FileError, is_at, regular_file, try_lock};
use crate::digest::Digest;
use crate::store::lock::{LOOK, PATIENCE};

/// A lock for work that no other process does at the same time. It ends when it is dropped, and with the process.
#[derive(Debug)]
pub struct PushLock {
    file: File,
    path: PathBuf,
}

impl Drop for PushLock {
    fn drop(&mut self) {
        // Who waits sees that it is gone, and makes its own.
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Cache {
    /// Waits until no process that shares the cache does the work called `name`; tells it once where that takes
    /// its time. `None` if the cache cannot be written: then there is no lock.
    pub fn push_lock(&self, name: &str, tell: impl Fn()) -> Option<PushLock> {
        self.try_push_lock(name, &tell).ok()
    }

    fn try_push_lock(&self, name: &str, tell: &dyn Fn()) -> Result<PushLock, FileError> {
        let dir = self.root.join("turns");
        let path = dir.join(Digest::of(name.as_bytes()).hex());
        let mut looks = 0;
        loop {
            self.create_dirs()?;
            fs::create_dir_all(&dir).map_err(FileError::of("create directory", &dir))?;
            // A pipe there is not waited for.
            let mut options = OpenOptions::new();
            options
                .write(true)
                .create(true)
                .truncate(false)
                .custom_flags(regular_file::flag(OFlags::NONBLOCK));
            let opened = options.open(&path);
            let file = opened.map_err(FileError::of("open", &path))?;
            while !try_lock(&file).map_err(FileError::of("lock", &path))? {
                looks += 1;
                if looks == PATIENCE {
                    tell();
                }
                thread::sleep(LOOK);
            }
            // Whoever had it took it away; and who came before us has a new one.
            if is_at(&file, &path) {
                return Ok(PushLock { file, path });
            }
        }
    }
}
