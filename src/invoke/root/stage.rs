//! A stage: the lower layers of images, unpacked once. An image on it has names of the same files.
//!
//! No directory of it has its own permissions yet, since one that cannot be entered takes no file of a higher layer:
//! `directories`, next to `root`, keeps them.

use std::fs::{self, DirBuilder, File, FileType};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use super::dir::RootDir;
use super::error::RootError;
use super::kept::{Unpacking, kept};
use super::layer::{RootLayer, name};
use super::unpack::Unpacker;
use crate::store::FileError;
use crate::store::cache::CachedRoot;
use crate::work::Run;

/// The file with the metadata of directories.
const DIRECTORIES: &str = "directories";

/// The write permission of others.
const OTHERS_WRITE: u32 = 0o002;

/// The directory `partial/root`, with these layers and the metadata of its directories still to be set; `shared` are
/// those of its stages.
///
/// # Errors
/// [`RootError`].
pub fn begun(
    partial: &Path,
    layers: &[RootLayer<'_>],
    shared: &[usize],
    with: Unpacking<'_>,
) -> Result<Unpacker, RootError> {
    let root = partial.join("root");
    for dir in [partial, &root] {
        DirBuilder::new().mode(0o755).create(dir).map_err(FileError::of("create directory", dir))?;
    }
    let opened = File::open(&root).map_err(FileError::of("open", &root))?;
    let mut unpacker = Unpacker::new(RootDir::new(opened), with.ownership);
    let mut from = 0;
    if let Some((below, lower)) = shared.split_last()
        && (1..layers.len()).contains(below)
    {
        let stage = of(&layers[..*below], lower, with)?;
        lay_under(&stage, &root, &mut unpacker, with.run)?;
        from = *below;
    }
    for layer in &layers[from..] {
        with.run.check()?;
        let stored = (layer.open)().map_err(RootError::Layer)?;
        unpacker.apply(Interruptible { inner: stored, run: with.run }, layer.diff_id)?;
    }
    Ok(unpacker)
}

/// The stage of these layers; `shared` are those of its own stages.
fn of(layers: &[RootLayer<'_>], shared: &[usize], with: Unpacking<'_>) -> Result<CachedRoot, RootError> {
    kept(&format!("stage-{}", name(layers, with.ownership)), with, |partial| {
        let mut unpacker = begun(partial, layers, shared, with)?;
        let path = partial.join(DIRECTORIES);
        let mut write = || {
            let mut file = BufWriter::new(File::create(&path)?);
            serde_json::to_writer(&mut file, unpacker.directories())?;
            file.flush()
        };
        write().map_err(FileError::of("write", &path))?;
        Ok(unpacker.size())
    })
}

/// Gives `root`, an empty directory, the files of `stage`, and `unpacker` what it says of directories.
fn lay_under(
    stage: &CachedRoot,
    root: &Path,
    unpacker: &mut Unpacker,
    run: Run<'_>,
) -> Result<(), RootError> {
    let path = stage.path().with_file_name(DIRECTORIES);
    let read = || {
        let directories = serde_json::from_reader(BufReader::new(File::open(&path)?))?;
        io::Result::Ok(directories)
    };
    *unpacker.directories() = read().map_err(FileError::of("read", &path))?;
    link_dir(stage.path(), root, run)
}

fn link_dir(from: &Path, to: &Path, run: Run<'_>) -> Result<(), RootError> {
    run.check()?;
    let failed = || FileError::of("link the files of", from);
    for entry in fs::read_dir(from).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let kind = entry.file_type().map_err(failed())?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            DirBuilder::new().mode(0o700).create(&to).map_err(FileError::of("create directory", &to))?;
            link_dir(&from, &to, run)?;
        } else {
            link(&from, &to, kind).map_err(FileError::of("link", &from))?;
        }
    }
    Ok(())
}

fn link(from: &Path, to: &Path, kind: FileType) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    // Without a sandbox, a function could write to the file of all images.
    if kind.is_file() && metadata.mode() & OTHERS_WRITE != 0 {
        fs::copy(from, to)?;
        std::os::unix::fs::chown(to, Some(metadata.uid()), Some(metadata.gid()))?;
        return File::open(to)?.set_modified(metadata.modified()?);
    }
    fs::hard_link(from, to)
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
