//! Blobs on the host's disk: made in a staging directory, read from layouts and archives, kept in a cache.

pub mod archive;
pub mod cache;
mod error;
pub mod growing;
pub(crate) mod layer_cache;
pub mod layout;
pub mod lock;
pub mod regular_file;
pub(crate) mod remove_tree;
mod resolve_path;
mod small_file;
mod temporary;

use std::fs::{self, File};
use std::io::{self, IoSlice, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

pub use self::error::FileError;
pub use self::resolve_path::resolve_path;
pub use self::temporary::{Temporary, is_temporary, temporary_beside};
use crate::image::BlobSource;
pub use crate::store::small_file::{DOCUMENT_MAX, read_opened, read_small};
use crate::tree::FileStamp;

/// Where blobs wait until they are published: a directory next to the first output, so that they can
/// be linked instead of copied, or nowhere, where only their digests matter.
///
/// The directory goes with the value, also after a failure; what a killed process leaves is named
/// `.lambda-img-…`, is never read again, and goes with the next build that puts something next to it.
pub struct Staging {
    dir: Option<Temporary>,
    count: AtomicU32,
}

/// The directory that holds `path`, as a path that can be opened.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Gives `bytes` the name `path`, atomically: a reader finds these bytes or the old ones. Links stay, and
/// what they lead to is replaced. What is not a regular file, as a pipe, is written to.
///
/// # Errors
/// [`FileError`] of the host.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    // What the process has open, standard output too: it may be a file by another name, with lines in it.
    if path.starts_with("/dev") || path.starts_with("/proc") {
        let write = || File::options().append(true).open(path)?.write_all(bytes);
        return write().map_err(FileError::of("write", path));
    }
    let real = fs::canonicalize(path);
    let path = real.as_deref().unwrap_or(path);
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, bytes).map_err(FileError::of("write", path));
    }
    let temporary = temporary_beside(path)?;
    let new = temporary.path().join("new");
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, path)).map_err(FileError::of("write", path))
}

impl Staging {
    /// A new directory next to `path`, an output.
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

    /// Runs `make` on a new file and returns what it returns, with the blob that it wrote. Where the bytes are kept,
    /// `make` also gets the file, in which it can read what it has written so far.
    ///
    /// # Errors
    /// Those of `make`, and [`FileError`] of the host.
    pub fn write<T, E: From<FileError>>(
        &self,
        make: impl FnOnce(&mut (dyn Write + Send), Option<&Arc<File>>) -> Result<T, E>,
    ) -> Result<(T, Arc<dyn BlobSource>), E> {
        let Some(dir) = &self.dir else {
            return Ok((make(&mut io::sink(), None)?, Arc::new(Gone)));
        };
        let path = dir.path().join(format!("blob-{}", self.count.fetch_add(1, Ordering::Relaxed)));
        let opened = File::options().read(true).write(true).create(true).truncate(true).open(&path);
        let file = Arc::new(opened.map_err(FileError::of("create", &path))?);
        let made = make(&mut Named { out: &file, path: &path }, Some(&file))?;
        Ok((made, Arc::new(FileBlob::staged(path))))
    }
}

/// A file whose errors have its path: what writes to it knows only a stream. It has no buffer: layers come in blocks.
struct Named<'a> {
    out: &'a File,
    path: &'a Path,
}

impl Write for Named<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).map_err(named(self.path))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.out.write_vectored(slices).map_err(named(self.path))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn named(path: &Path) -> impl Fn(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

struct Gone;

impl BlobSource for Gone {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::other("the bytes were not stored, because nothing was to be written"))
    }
}

/// A blob that is a file of the host.
pub struct FileBlob {
    path: PathBuf,
    /// Of a file that is ours: the output that has a second name of it, if one has.
    home: Option<OnceLock<PathBuf>>,
    /// Keeps the file where it is.
    _hold: Option<Arc<File>>,
}

impl FileBlob {
    /// A file that another process may change: it is read and verified, never linked to.
    pub fn foreign(path: PathBuf) -> Self {
        Self { path, home: None, _hold: None }
    }

    /// The same of a file that stays where it is as long as `hold` is open.
    pub fn held(path: PathBuf, hold: Option<Arc<File>>) -> Self {
        Self { path, home: None, _hold: hold }
    }

    /// A file of a staging directory.
    fn staged(path: PathBuf) -> Self {
        Self { path, home: Some(OnceLock::new()), _hold: None }
    }
}

impl BlobSource for FileBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(regular_file::open(&self.path).map_err(named(&self.path))?))
    }

    fn stamp(&self) -> Option<(FileStamp, u64)> {
        Some((FileStamp::of(&fs::metadata(&self.path).ok()?), 0))
    }

    fn file(&self) -> io::Result<Option<File>> {
        self.home.as_ref().map(|_| regular_file::open(&self.path).map_err(named(&self.path))).transpose()
    }

    /// The first output gets the file itself, whose name here goes with the staging directory.
    fn link(&self, to: &Path, output: &Path) -> bool {
        let first = |home: &OnceLock<PathBuf>| home.get_or_init(|| output.to_owned()) == output;
        self.home.as_ref().is_some_and(first) && fs::hard_link(&self.path, to).is_ok()
    }
}

/// A blob that is a whole open file, whatever becomes of its name.
#[derive(Clone, Debug)]
pub struct OpenFile(Arc<File>);

impl OpenFile {
    /// The blob that the file is.
    pub fn new(file: impl Into<Arc<File>>) -> Self {
        Self(file.into())
    }

    /// Whether `other` is the same file.
    fn is(&self, other: &File) -> bool {
        regular_file::is_same(&self.0, other)
    }
}

impl BlobSource for OpenFile {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(At { file: Arc::clone(&self.0), offset: 0 }))
    }
}

/// A reader with an offset of its own: the file is shared.
struct At {
    file: Arc<File>,
    offset: u64,
}

impl Read for At {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buf, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}
