//! The files of an image as one directory, in the cache: unpacked once, used as the root of every environment.
//!
//! It is called `<ownership>-<key of the layers>`, and gets its name when it is complete. What a killed process left is
//! removed by the next one.

mod copy;
mod dir;
mod error;
mod metadata;
mod owner;
mod unpack;

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

pub use self::copy::RootCopy;
use self::dir::RootDir;
pub use self::error::RootError;
pub use self::owner::Ownership;
use self::unpack::Unpacker;
use crate::digest::Digest;
use crate::key::KeyHasher;
use crate::store::cache::{Cache, CachedRoot};
use crate::store::{FileError, lock};
use crate::work::{Interrupted, Run};

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

/// The unpacked image that has these layers, lowest first: the one in `cache`, else a new one.
///
/// # Errors
/// [`RootError`].
pub fn root_of(
    layers: &[RootLayer<'_>],
    ownership: Ownership,
    cache: &Cache,
    run: Run<'_>,
) -> Result<CachedRoot, RootError> {
    let roots = cache.roots();
    DirBuilder::new().recursive(true).create(&roots).map_err(FileError::of("create directory", &roots))?;
    let name = format!("{}-{}", ownership.word(), key(layers));
    if let Some(root) = cache.root_of(&name)? {
        return Ok(root);
    }
    // One process unpacks, those that want the same image wait for it.
    let gate = roots.join(format!("{name}.gate"));
    let held = File::create(&gate).map_err(FileError::of("create", &gate))?;
    if !lock::wait(&held, run.interrupted, || ()).map_err(FileError::of("lock", &gate))? {
        return Err(Interrupted.into());
    }
    if let Some(root) = cache.root_of(&name)? {
        return Ok(root);
    }
    // What a killed process left, under both names.
    let partial = format!("{name}.partial");
    cache.remove_root(&partial)?;
    cache.remove_root(&name)?;
    let path = roots.join(&partial);
    let size = match make(&path, layers, ownership, run) {
        Ok(size) => size,
        Err(error) => {
            let _ = cache.remove_root(&partial);
            return Err(error);
        }
    };
    cache.keep_root(&path, &name, size)?;
    let _ = fs::remove_file(&gate);
    cache.root_of(&name)?.ok_or_else(|| {
        FileError::of("open", roots.join(&name))(io::Error::from(io::ErrorKind::NotFound)).into()
    })
}

fn make(
    partial: &Path,
    layers: &[RootLayer<'_>],
    ownership: Ownership,
    run: Run<'_>,
) -> Result<u64, RootError> {
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
    unpacker.finish()
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
