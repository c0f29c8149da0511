//! Blobs on the host's disk: made in a staging directory, read from layouts and archives, kept in a cache.

pub mod archive;
pub mod cache;
pub mod layout;
pub mod made;
mod small;

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

pub use small::{open_regular, read_opened, read_small};

use crate::image::BlobSource;
use crate::tree::Stamp;

/// Where blobs wait until they are published: a directory beside the first output, so that they can
/// be linked instead of copied, or nowhere, where only their digests matter.
///
/// The directory goes with the value, also after a failure; what a killed process leaves is named
/// `.lambda-img-…` and is never read again.
pub struct Staging {
    dir: Option<Temporary>,
    count: AtomicU32,
}

/// An error of the host, and the file it is about.
#[derive(Debug, thiserror::Error)]
#[error("{verb} `{}`", path.display())]
pub struct FileError {
    /// What was to be done: "read", "write" and so on.
    pub verb: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The host's own error.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`: wraps an error of the host.
    pub fn of(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self { verb, path, source }
    }
}

/// The directory that holds `path`, as a path that can be opened.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A new directory `.lambda-img-…` beside an output. It goes with the value, and so do the
/// directories above that were made for it, unless an output stands in them by then.
pub struct Temporary {
    dir: TempDir,
    // Dropped behind `dir`, which lies in the first of them.
    _above: Made,
}

impl Temporary {
    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Directories made here, the innermost first.
struct Made(Vec<PathBuf>);

impl Drop for Made {
    fn drop(&mut self) {
        // The host keeps those that are not empty.
        let _ = self.0.iter().try_for_each(fs::remove_dir);
    }
}

/// A new directory beside `path`, whose missing parents are created.
///
/// # Errors
/// [`FileError`] of the host.
pub fn temporary_beside(path: &Path) -> Result<Temporary, FileError> {
    let parent = parent(path);
    let missing = parent.ancestors().take_while(|above| !above.as_os_str().is_empty() && !above.exists());
    let above = Made(missing.map(Path::to_owned).collect());
    fs::create_dir_all(parent).map_err(FileError::of("create directory", parent))?;
    let made = tempfile::Builder::new().prefix(".lambda-img-").tempdir_in(parent);
    let dir = made.map_err(FileError::of("create a temporary directory in", parent))?;
    Ok(Temporary { dir, _above: above })
}

/// Gives `bytes` the name `path`, at once: whoever reads it finds these or what was there before. What is no
/// regular file, as a pipe, is written to.
///
/// # Errors
/// [`FileError`] of the host.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, bytes).map_err(FileError::of("write", path));
    }
    let temporary = temporary_beside(path)?;
    let new = temporary.path().join("new");
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, path)).map_err(FileError::of("write", path))
}

impl Staging {
    /// A new directory beside `path`, an output.
    ///
    /// # Errors
    /// As [`temporary_beside`].
    pub fn beside(path: &Path) -> Result<Self, FileError> {
        Ok(Self { dir: Some(temporary_beside(path)?), count: AtomicU32::new(0) })
    }

    /// A new directory in `dir`, for bytes that leave through the network.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn inside(dir: &Path) -> Result<Self, FileError> {
        Self::beside(&dir.join("blobs"))
    }

    /// Bytes are hashed by their makers and dropped.
    pub fn nowhere() -> Self {
        Self { dir: None, count: AtomicU32::new(0) }
    }

    /// Whether bytes are kept at all.
    pub fn keeps(&self) -> bool {
        self.dir.is_some()
    }

    /// Runs `make` on a new file and returns what it returns, with the blob that it wrote.
    ///
    /// # Errors
    /// Those of `make`, and [`FileError`] of the host.
    pub fn write<T, E: From<FileError>>(
        &self,
        make: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    ) -> Result<(T, Arc<dyn BlobSource>), E> {
        let Some(dir) = &self.dir else {
            return Ok((make(&mut io::sink())?, Arc::new(Gone)));
        };
        let path = dir.path().join(format!("blob-{}", self.count.fetch_add(1, Ordering::Relaxed)));
        let file = File::create(&path).map_err(FileError::of("create", &path))?;
        let mut out = Named { out: BufWriter::with_capacity(1 << 20, file), path: &path };
        let made = make(&mut out)?;
        out.out.flush().map_err(FileError::of("write", &path))?;
        Ok((made, Arc::new(FileBlob { path, owned: true })))
    }
}

/// A file whose errors have its path: what writes to it knows only a stream.
struct Named<'a> {
    out: BufWriter<File>,
    path: &'a Path,
}

impl Write for Named<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(named(self.path))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(named(self.path))
    }
}

fn named(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

struct Gone;

impl BlobSource for Gone {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::other("the bytes were not kept: nothing was to be written"))
    }
}

/// A blob that is a file of the host.
pub struct FileBlob {
    path: PathBuf,
    owned: bool,
}

impl FileBlob {
    /// A file that somebody else may change: it is read and verified, never linked to.
    pub fn foreign(path: PathBuf) -> Self {
        Self { path, owned: false }
    }
}

impl BlobSource for FileBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(&self.path).map_err(named(&self.path))?))
    }

    fn stamp(&self) -> Option<(Stamp, u64)> {
        Some((Stamp::of(&fs::metadata(&self.path).ok()?), 0))
    }

    fn link(&self, to: &Path) -> io::Result<bool> {
        Ok(self.owned && fs::hard_link(&self.path, to).is_ok())
    }
}
