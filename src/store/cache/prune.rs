//! Measures the cache, and removes the least recently used files.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use super::{Cache, FileError, RecordKind, is_at, regular_file, remove, roots, try_lock};

/// What a cache holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Whole blobs.
    pub blobs: usize,
    /// Downloads and turns that did not end yet, or broke off.
    pub partial: usize,
    /// Records of layers made here, where their blocks lie, what is known of files, and what checks found.
    pub records: usize,
    /// Images that were unpacked to run, and layers that several of them have.
    pub roots: usize,
    /// Bytes of all of them.
    pub bytes: u64,
}

/// What may stay. Without any limit, nothing may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes that may stay.
    pub max_size: Option<u64>,
    /// What was last used before this moment goes, in seconds since 1970.
    pub used_since: Option<i64>,
}

/// What went and what stayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Files that went.
    pub removed: usize,
    /// Their bytes.
    pub freed: u64,
    /// What stayed.
    pub left: Info,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blob,
    Partial,
    Record,
    Root,
}

struct Entry {
    path: PathBuf,
    kind: Kind,
    /// Seconds and nanoseconds since 1970.
    used: (i64, i64),
    size: u64,
}

impl Cache {
    /// Counts the files.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn info(&self) -> Result<Info, FileError> {
        Ok(count(&self.entries()?))
    }

    /// Removes what exceeds `limits`, the least recently used first, and nothing that is in use.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn prune(&self, limits: Limits) -> Result<Pruned, FileError> {
        self.sweep_workplaces();
        let mut entries = self.entries()?;
        entries.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        let mut bytes = count(&entries).bytes;
        let mut pruned = Pruned::default();
        let mut left = Vec::new();
        for entry in entries {
            let old = limits.used_since.is_some_and(|since| entry.used.0 < since);
            let much = limits.max_size.is_some_and(|most| bytes > most);
            let all = limits == Limits::default();
            if (old || much || all) && self.remove_unused(&entry)? {
                bytes -= entry.size;
                pruned.removed += 1;
                pruned.freed += entry.size;
            } else {
                left.push(entry);
            }
        }
        pruned.left = count(&left);
        Ok(pruned)
    }

    /// Everything but unfinished downloads.
    pub(super) fn whole_files(&self) -> Result<Vec<PathBuf>, FileError> {
        let entries = self.entries()?.into_iter();
        Ok(entries
            .filter(|entry| !matches!(entry.kind, Kind::Partial | Kind::Root))
            .map(|entry| entry.path)
            .collect())
    }

    fn entries(&self) -> Result<Vec<Entry>, FileError> {
        let mut entries = Vec::new();
        let mut dirs = vec![(self.root.join("blobs/sha256"), Kind::Blob)];
        dirs.extend(["partial", "turns"].map(|name| (self.root.join(name), Kind::Partial)));
        let records = ["segments", "unpacked", "facts"].into_iter().chain(RecordKind::DIRS);
        dirs.extend(records.map(|name| (self.root.join(name), Kind::Record)));
        let shapes = fs::read_dir(self.root.join("layers")).into_iter().flatten().flatten();
        dirs.extend(shapes.map(|shape| (shape.path(), Kind::Record)));
        for (dir, kind) in dirs {
            let listed = match fs::read_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                listed => listed.map_err(FileError::of("read", &dir))?,
            };
            for file in listed {
                let path = file.map_err(FileError::of("read", &dir))?.path();
                // What went meanwhile does not count.
                let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
                let used = (metadata.mtime(), metadata.mtime_nsec());
                entries.push(Entry { path, kind, used, size: metadata.len() });
            }
        }
        for home in fs::read_dir(self.roots()).into_iter().flatten().flatten() {
            let (path, lock) = (home.path(), home.path().join("lock"));
            let metadata = fs::symlink_metadata(&lock).or_else(|_| fs::symlink_metadata(&path));
            let Ok(metadata) = metadata else { continue };
            let used = (metadata.mtime(), metadata.mtime_nsec());
            entries.push(Entry { size: roots::size(&path), path, kind: Kind::Root, used });
        }
        Ok(entries)
    }

    fn remove_unused(&self, entry: &Entry) -> Result<bool, FileError> {
        match entry.kind {
            Kind::Root => self.remove_unused_root(&entry.path),
            _ => remove_unused(entry),
        }
    }
}

fn count(entries: &[Entry]) -> Info {
    let many = |kind| entries.iter().filter(|entry| entry.kind == kind).count();
    let bytes = entries.iter().map(|entry| entry.size).sum();
    let [blobs, partial, records, roots] = [Kind::Blob, Kind::Partial, Kind::Record, Kind::Root].map(many);
    Info { blobs, partial, records, roots, bytes }
}

/// Removes an entry, unless a process reads it or downloads into it.
fn remove_unused(entry: &Entry) -> Result<bool, FileError> {
    let file = match regular_file::open(&entry.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !regular_file::is_other(&entry.path) => {
            return Ok(true);
        }
        // Nothing that a build left.
        _ if regular_file::is_other(&entry.path) => return remove(&entry.path).map(|()| true),
        opened => opened.map_err(FileError::of("open", &entry.path))?,
    };
    let ours = try_lock(&file).map_err(FileError::of("lock", &entry.path))?;
    if !ours || !is_at(&file, &entry.path) {
        return Ok(false);
    }
    remove(&entry.path)?;
    Ok(true)
}
