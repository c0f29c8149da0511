//! `RootCopy`: the directory of one environment where nothing can be mounted: names of the same files, with a `/tmp` and
//! a `/dev` of its own.

use std::fs::{self, DirBuilder, File, FileType, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::RootError;
use crate::store::cache::Cache;
use crate::store::{FileError, lock};

/// What the names of these directories begin with.
const PREFIX: &str = "environment-";

/// The write permission of others.
const OTHERS_WRITE: u32 = 0o002;

/// Major and minor numbers of the devices that a function sees (Linux, `admin-guide/devices.txt`).
const DEVICES: [(&str, u32, u32); 5] =
    [("full", 1, 7), ("null", 1, 3), ("random", 1, 8), ("urandom", 1, 9), ("zero", 1, 5)];

/// A directory that goes with the value.
pub struct RootCopy {
    cache: Cache,
    name: String,
    _lock: File,
}

impl RootCopy {
    /// Of the unpacked image `from`. `files` are written over those of the image; `/tmp` belongs to `owner`.
    ///
    /// # Errors
    /// [`RootError`] of the host.
    pub fn make(
        from: &Path,
        identifier: &str,
        files: &[(String, String)],
        owner: (u32, u32),
        cache: &Cache,
    ) -> Result<Self, RootError> {
        let gate = cache.roots().join("environments.gate");
        let held = File::create(&gate).map_err(FileError::of("create", &gate))?;
        // Between the making of a directory and its lock, no process is to take it for one that was left.
        // On a file system without locks, nothing that was left is removed here.
        let is_locked = held.lock().is_ok();
        if is_locked {
            remove_left(cache)?;
        }
        let name = format!("{PREFIX}{identifier}");
        let home = cache.roots().join(&name);
        DirBuilder::new().mode(0o755).create(&home).map_err(FileError::of("create directory", &home))?;
        let lock = home.join("lock");
        let file = File::create(&lock).map_err(FileError::of("create", &lock))?;
        lock::try_lock(&file).map_err(FileError::of("lock", &lock))?;
        drop(held);
        let copy = Self { cache: cache.clone(), name, _lock: file };
        let root = copy.path();
        copy_dir(from, &root)
            .and_then(|()| lay_out(&root, files, owner))
            .map_err(FileError::of("copy the image to", &root))?;
        Ok(copy)
    }

    /// The directory that is the root of the environment.
    pub fn path(&self) -> PathBuf {
        self.cache.roots().join(&self.name).join("root")
    }
}

impl Drop for RootCopy {
    fn drop(&mut self) {
        // What stays is removed by the next one, and by `cache prune`.
        let _ = self.cache.remove_root(&self.name);
    }
}

/// Removes what killed processes left.
fn remove_left(cache: &Cache) -> Result<(), FileError> {
    for home in fs::read_dir(cache.roots()).into_iter().flatten().flatten() {
        if home.file_name().to_string_lossy().starts_with(PREFIX) {
            cache.remove_unused_root(&home.path())?;
        }
    }
    Ok(())
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        copy(&from, &to, entry.file_type()?)?;
    }
    keep_metadata(from, to)
}

fn copy(from: &Path, to: &Path, kind: FileType) -> io::Result<()> {
    if kind.is_dir() {
        return copy_dir(from, to);
    }
    if kind.is_fifo() {
        return Ok(());
    }
    if kind.is_file() && fs::symlink_metadata(from)?.mode() & OTHERS_WRITE != 0 {
        // The function could write to the file of all environments.
        fs::copy(from, to)?;
        return keep_metadata(from, to);
    }
    fs::hard_link(from, to)
}

/// Owner and permissions, but that others may not write: nothing else makes the directory read-only.
fn keep_metadata(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid()))?;
    fs::set_permissions(to, Permissions::from_mode(metadata.mode() & 0o7777 & !OTHERS_WRITE))
}

fn lay_out(root: &Path, files: &[(String, String)], owner: (u32, u32)) -> io::Result<()> {
    for (path, text) in files {
        let path = root.join(path);
        fs::remove_file(&path)?;
        fs::write(&path, text)?;
    }
    for dir in ["dev", "tmp"] {
        fs::remove_dir_all(root.join(dir))?;
    }
    DirBuilder::new().mode(0o700).create(root.join("tmp"))?;
    std::os::unix::fs::chown(root.join("tmp"), Some(owner.0), Some(owner.1))?;
    DirBuilder::new().mode(0o755).create(root.join("dev"))?;
    for (name, major, minor) in DEVICES {
        let path = root.join("dev").join(name);
        let mode = rustix::fs::Mode::from_raw_mode(0o666);
        let device = rustix::fs::makedev(major, minor);
        // Not every container may make devices.
        match rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::CharacterDevice, mode, device)
        {
            Ok(()) => fs::set_permissions(&path, Permissions::from_mode(0o666))?,
            Err(rustix::io::Errno::PERM) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
