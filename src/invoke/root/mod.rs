//! The files of an image as one directory, in the cache: unpacked once, used as the root of every environment.
//!
//! ```text
//! roots/<ownership>-<key>/lock      held (shared) by every process that uses the directory
//! roots/<ownership>-<key>/root/     the merged layers
//! ```
//!
//! A directory gets its name when it is complete. What a killed process left is removed by the next one.

mod dir;
mod error;
mod owner;
mod unpack;

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use self::dir::RootDir;
pub use self::error::RootError;
pub use self::owner::Ownership;
use self::unpack::Unpacker;
use crate::digest::Digest;
use crate::key::KeyHasher;
use crate::store::cache::Cache;
use crate::store::{FileError, lock};
use crate::work::Run;

/// A change of how images are unpacked: other directories are made then.
const VERSION: u32 = 1;

/// Directories that every function expects, and files over which the sandbox lays its own: made where the image has none.
const DIRECTORIES: [&str; 5] = ["dev", "etc", "proc", "tmp", "var/task"];
const FILES: [&str; 3] = ["etc/hosts", "etc/passwd", "etc/resolv.conf"];

/// A layer to be unpacked.
pub struct RootLayer<'a> {
    /// Digest of its tar.
    pub diff_id: Digest,
    /// Opens its stored bytes.
    pub open: &'a (dyn Fn() -> io::Result<Box<dyn Read + Send>> + Sync),
}

/// An unpacked image in use: it is not removed while this value lives.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    _lock: File,
}

impl Root {
    /// The directory that is the root of the image.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of the image that has these layers, lowest first: the one in `cache`, else a new one.
    ///
    /// # Errors
    /// [`RootError`].
    pub fn of(
        layers: &[RootLayer<'_>],
        ownership: Ownership,
        cache: &Cache,
        run: Run<'_>,
    ) -> Result<Self, RootError> {
        let roots = cache.root().join("roots");
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&roots)
            .map_err(FileError::of("create directory", &roots))?;
        let home = roots.join(format!("{}-{}", ownership.word(), key(layers)));
        if let Some(root) = Self::open(&home)? {
            return Ok(root);
        }
        // One process unpacks, those that want the same image wait for it.
        let gate = roots.join(format!("{}.lock", home.file_name().unwrap_or_default().to_string_lossy()));
        let held = File::create(&gate).map_err(FileError::of("create", &gate))?;
        if !lock::wait(&held, run.interrupted, || ()).map_err(FileError::of("lock", &gate))? {
            return Err(crate::work::Interrupted.into());
        }
        if let Some(root) = Self::open(&home)? {
            return Ok(root);
        }
        let partial =
            roots.join(format!("{}.partial", home.file_name().unwrap_or_default().to_string_lossy()));
        remove(&partial)?;
        let made = Self::make(&partial, layers, ownership, run);
        if made.is_err() {
            let _ = remove(&partial);
        }
        made?;
        fs::rename(&partial, &home).map_err(FileError::of("rename", &partial))?;
        let _ = fs::remove_file(&gate);
        Self::open(&home)?
            .ok_or_else(|| FileError::of("open", &home)(io::Error::from(io::ErrorKind::NotFound)).into())
    }

    fn open(home: &Path) -> Result<Option<Self>, RootError> {
        let lock = home.join("lock");
        match File::options().read(true).write(true).open(&lock) {
            Ok(file) => {
                let _ = file.try_lock_shared();
                Ok(Some(Self { path: home.join("root"), _lock: file }))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FileError::of("open", lock)(error).into()),
        }
    }

    fn make(
        partial: &Path,
        layers: &[RootLayer<'_>],
        ownership: Ownership,
        run: Run<'_>,
    ) -> Result<(), RootError> {
        let root = partial.join("root");
        for dir in [partial, &root] {
            DirBuilder::new().mode(0o755).create(dir).map_err(FileError::of("create directory", dir))?;
        }
        let opened = File::open(&root).map_err(FileError::of("open", &root))?;
        let mut unpacker = Unpacker::new(RootDir::new(opened), ownership);
        for layer in layers {
            run.check()?;
            let stored = (layer.open)().map_err(RootError::Layer)?;
            unpacker.apply(Interruptible { inner: stored, run }, layer.diff_id)?;
        }
        run.check()?;
        unpacker.complete(&DIRECTORIES, &FILES)?;
        unpacker.finish()?;
        let lock = partial.join("lock");
        File::create(&lock).map_err(FileError::of("create", &lock))?;
        Ok(())
    }
}

/// Removes an unpacked image, whatever permissions its directories have.
///
/// # Errors
/// [`RootError`] of the host.
pub fn remove(home: &Path) -> Result<(), RootError> {
    let (Some(parent), Some(name)) = (home.parent(), home.file_name().and_then(|name| name.to_str())) else {
        return Ok(());
    };
    let failed = || FileError::of("remove", home);
    let parent = File::open(parent).map_err(failed())?;
    Ok(dir::remove(parent.as_fd(), name).map_err(failed())?)
}

fn key(layers: &[RootLayer<'_>]) -> String {
    let mut hasher = KeyHasher::default();
    hasher.update(&VERSION.to_le_bytes());
    for layer in layers {
        hasher.update(layer.diff_id.as_bytes());
    }
    hasher.finish().to_string()
}

/// A reader that ends when the user interrupts.
struct Interruptible<'a> {
    inner: Box<dyn Read + Send>,
    run: Run<'a>,
}

impl Read for Interruptible<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.run.check().map_err(io::Error::other)?;
        self.inner.read(buf)
    }
}
