//! Work that processes of one user do one after the other: by the time of its turn, the second may find it
//! done.
//!
//! ```text
//! turns/<hex>    empty; locked while the work named so goes on
//! ```

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use super::fetch::wait;
use super::{Cache, FileError, is_at};
use crate::digest::Digest;

/// Who is interrupted leaves the thread that waits behind, and ends.
static GO: AtomicBool = AtomicBool::new(false);

/// Leave to do a work that nobody else does now. Ends when it is dropped, and with the process.
#[derive(Debug)]
pub struct Turn {
    file: fs::File,
    path: PathBuf,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Who waits sees that it is gone, and makes its own.
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Cache {
    /// Waits until no process that shares the cache does the work called `name`. `None` where the cache cannot
    /// be written to: nobody is waited for then.
    pub fn turn(&self, name: &str) -> Option<Turn> {
        self.try_turn(name).ok()
    }

    fn try_turn(&self, name: &str) -> Result<Turn, super::FetchError> {
        let dir = self.root.join("turns");
        let path = dir.join(Digest::of(name.as_bytes()).hex());
        loop {
            self.create_dirs()?;
            fs::create_dir_all(&dir).map_err(FileError::of("create directory", &dir))?;
            let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
            let file = opened.map_err(FileError::of("open", &path))?;
            if wait(&file, &path, &GO)? {
                return Ok(Turn { file, path });
            }
        }
    }
}
