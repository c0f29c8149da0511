//! Removes files that killed processes left in `partial/`.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use super::{Cache, is_at, regular_file, remove};
use crate::store::lock::{Lock, try_lock};

/// How many seconds a download that broke off may be gone on with.
const RESUMED: i64 = 24 * 60 * 60;

impl Cache {
    /// Removes unfinished copies, and downloads that were not continued for a day. Both are locked
    /// as long as a process works on them; what cannot be known, or removed, stays.
    pub(super) fn sweep(&self) {
        let dir = self.root.join("partial");
        let mut left = fs::read_dir(&dir).into_iter().flatten().flatten().peekable();
        if left.peek().is_none() {
            return;
        }
        // The time of the file system, which is that of its files.
        let now = || Ok::<_, io::Error>(tempfile::tempfile_in(&dir)?.metadata()?.mtime());
        let Ok(now) = now() else { return };
        for entry in left {
            let path = entry.path();
            // A copy has letters behind the digest.
            let is_copy = path.extension().is_some();
            let remove_left = || -> io::Result<()> {
                let file = regular_file::open(&path)?;
                let old = file.metadata()?.mtime() < now - RESUMED;
                if (is_copy || old) && try_lock(&file)? == Lock::Ours && is_at(&file, &path) {
                    remove(&path).map_err(io::Error::other)?;
                }
                Ok(())
            };
            let _ = remove_left();
        }
    }
}
