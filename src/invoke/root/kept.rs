//! Directories of unpacked images in the cache: made once, whole or not at all.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::Path;

use super::error::RootError;
use super::owner::Ownership;
use crate::store::cache::{Cache, CachedRoot};
use crate::store::{FileError, lock};
use crate::work::{Interrupted, Run};

/// What an image is unpacked with.
#[derive(Clone, Copy)]
pub struct Unpacking<'a> {
    /// Whose the files are.
    pub ownership: Ownership,
    /// Where unpacked images are kept.
    pub cache: &'a Cache,
    /// What ends it early.
    pub run: Run<'a>,
}

/// The directory of this name in the cache, else a new one that `make` fills: it says how many bytes that has.
pub fn kept(
    name: &str,
    with: Unpacking<'_>,
    make: impl FnOnce(&Path) -> Result<u64, RootError>,
) -> Result<CachedRoot, RootError> {
    let Unpacking { cache, run, .. } = with;
    let roots = cache.roots();
    DirBuilder::new().recursive(true).create(&roots).map_err(FileError::of("create directory", &roots))?;
    if let Some(root) = cache.root_of(name)? {
        return Ok(root);
    }
    // One process unpacks, those that want the same image wait for it.
    let gate = roots.join(format!("{name}.gate"));
    let held = File::create(&gate).map_err(FileError::of("create", &gate))?;
    if !lock::wait(&held, run.interrupted, || ()).map_err(FileError::of("lock", &gate))? {
        return Err(Interrupted.into());
    }
    if let Some(root) = cache.root_of(name)? {
        return Ok(root);
    }
    // What a killed process left, under both names.
    let partial = format!("{name}.partial");
    cache.remove_root(&partial)?;
    cache.remove_root(name)?;
    let path = roots.join(&partial);
    let size = match make(&path) {
        Ok(size) => size,
        Err(error) => {
            let _ = cache.remove_root(&partial);
            return Err(error);
        }
    };
    cache.keep_root(&path, name, size)?;
    let _ = fs::remove_file(&gate);
    cache.root_of(name)?.ok_or_else(|| {
        FileError::of("open", roots.join(name))(io::Error::from(io::ErrorKind::NotFound)).into()
    })
}
