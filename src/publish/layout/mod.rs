//! Writes images into an OCI image layout, new or existing.

mod garbage;
mod index;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::error::PublishError;
use super::item::{Item, Wait};
use crate::digest::VerifyReader;
use crate::image::{BlobSource, BytesBlob, Descriptor};
use crate::store::DOCUMENT_MAX;
use crate::store::layout::{INDEX_NAME, MARKER, MARKER_NAME, blob_name, document, has_blob, is_layout};
use crate::store::lock::{self, Lock};
use crate::store::regular_file::is_at;
use crate::store::{FileError, Temporary, parent, temporary_beside};
use crate::tree::file_facts::Facts;
use crate::work::Interrupted;
pub use index::{index, index_entry};

/// A layout, an empty directory, or nothing may be at `dir`.
pub fn check(dir: &Path) -> Result<(), PublishError> {
    if is_layout(dir) {
        return check_links(dir);
    }
    let free = match fs::read_dir(dir) {
        Ok(entries) => entries.count() == 0,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    // Somebody else may have made it since we looked first: a layout has its name at once and whole.
    if free || is_layout(dir) {
        Ok(())
    } else {
        Err(PublishError::NotOurs { path: dir.to_owned(), expected: "OCI image layout" })
    }
}

/// Links inside a layout may lead anywhere: what is written goes into the layout, or nowhere.
fn check_links(dir: &Path) -> Result<(), PublishError> {
    let links =
        ["blobs", "blobs/sha256"].map(|name| dir.join(name)).into_iter().filter(|path| path.is_symlink());
    links.map(PublishError::Link).map(Err).next().unwrap_or(Ok(()))
}

/// A blob of the images that is made next to the layout.
struct Fresh {
    file: PathBuf,
    descriptor: Descriptor,
}

/// What waits to be put into a layout.
pub struct Waiting {
    temporary: Temporary,
    /// The whole layout, where there was none.
    new: Option<PathBuf>,
    fresh: Vec<Fresh>,
    /// The blobs that the layout had when this was made.
    there: Vec<(Descriptor, Arc<dyn BlobSource>)>,
    entries: Vec<Value>,
    dir: PathBuf,
    /// When the build began, in nanoseconds since 1970.
    began: i64,
    /// What is known of files; in the end, of the blobs that were put there, too.
    facts: Arc<Facts>,
}

pub fn stage(
    dir: &Path,
    tag: &str,
    items: &[Item<'_>],
    facts: &Arc<Facts>,
    began: i64,
) -> Result<Waiting, PublishError> {
    let entries: Vec<Value> = items.iter().map(|item| index_entry(item, tag)).collect();
    check_room(dir, &entries)?;
    let temporary = temporary_beside(dir)?;
    let new = if is_layout(dir) { None } else { Some(temporary.path().join("layout")) };
    if let Some(new) = &new {
        let blobs = new.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(FileError::of("create directory", &blobs))?;
        write(&new.join(MARKER_NAME), MARKER)?;
    }
    let (mut fresh, mut there) = (Vec::new(), Vec::new());
    for (descriptor, source) in blobs_of(items) {
        if new.is_none() && has_blob(dir, descriptor.digest, descriptor.size, facts)? {
            there.push((descriptor, source));
            continue;
        }
        let file = match &new {
            Some(new) => new.join(blob_name(descriptor.digest)),
            None => temporary.path().join(descriptor.digest.hex()),
        };
        copy(&descriptor, &*source, &file, dir)?;
        fresh.push(Fresh { file, descriptor });
    }
    Ok(Waiting {
        temporary,
        new,
        fresh,
        there,
        entries,
        dir: dir.to_owned(),
        began,
        facts: Arc::clone(facts),
    })
}

/// Refuses early, before anything is pushed, what would be refused in the end.
fn check_room(dir: &Path, entries: &[Value]) -> Result<(), PublishError> {
    let path = dir.join(INDEX_NAME);
    let there = fs::metadata(&path).map_or(0, |index| index.len());
    if there.saturating_add(index(entries).len() as u64) > DOCUMENT_MAX {
        index::merge(&path, &read_index(&path)?, entries)?;
    }
    Ok(())
}

fn read_index(path: &Path) -> Result<Vec<u8>, PublishError> {
    match fs::metadata(path).map_or(0, |index| index.len()) {
        size if size > DOCUMENT_MAX => Err(PublishError::Full { path: path.to_owned(), size }),
        _ => Ok(document(path.to_owned())?),
    }
}

/// Puts images that wait for one layout into it. The first takes the layout's name at once where nothing is there; of
/// the others the blobs are added first and the index last, and what the images in whose place they are put left is
/// removed. One process at a time does so, from the first look at the layout to the end. Done again after an error, it
/// continues where it was.
pub fn commit(all: &[Waiting], wait: &Wait<'_>) -> Result<(), PublishError> {
    let Some((first, others)) = all.split_first() else { return Ok(()) };
    let left = if first.take_name()? { others } else { all };
    let (Some(one), dir) = (left.first(), &first.dir) else { return Ok(()) };
    let _lock = lock(dir, wait)?;
    check_links(dir)?;
    let path = dir.join(INDEX_NAME);
    let entries: Vec<_> = left.iter().flat_map(|one| one.entries.iter().cloned()).collect();
    let merged = index::merge(&path, &read_index(&path)?, &entries)?;
    left.iter().try_for_each(Waiting::add_blobs)?;
    let Some(merged) = merged else { return Ok(()) };
    let fresh = one.temporary.path().join(INDEX_NAME);
    write(&fresh, &merged.bytes)?;
    fs::rename(&fresh, &path).map_err(FileError::of("write", &path))?;
    if !merged.replaced.is_empty() && !is_read(dir) {
        garbage::remove(dir, &merged.replaced, &merged.entries, one.began);
    }
    Ok(())
}

impl Waiting {
    /// Where it goes.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes the name of the layout where nothing has it; whether it did.
    fn take_name(&self) -> Result<bool, PublishError> {
        let Some(new) = self.new.as_ref().filter(|_| !is_layout(&self.dir)) else { return Ok(false) };
        write(&new.join(INDEX_NAME), &index(&self.entries))?;
        match fs::rename(new, &self.dir) {
            Ok(()) => {
                self.fresh
                    .iter()
                    .for_each(|one| self.facts.hashed(self.dir.join(blob_name(one.descriptor.digest))));
                Ok(true)
            }
            // Somebody else made the layout meanwhile.
            Err(_) if is_layout(&self.dir) => Ok(false),
            Err(error) => Err(FileError::of("create", &self.dir)(error).into()),
        }
    }

    /// Manifests come first: of what is killed here, the next build finds the rest by them.
    fn add_blobs(&self) -> Result<(), PublishError> {
        let mut fresh: Vec<_> = self.fresh.iter().map(|one| (one.file.clone(), &one.descriptor)).collect();
        for (descriptor, source) in &self.there {
            // The tag that it had may have moved since.
            let name = self.dir.join(blob_name(descriptor.digest));
            if fs::symlink_metadata(name).is_ok_and(|file| file.is_file() && file.len() == descriptor.size) {
                continue;
            }
            let file = self.temporary.path().join(descriptor.digest.hex());
            copy(descriptor, &**source, &file, &self.dir)?;
            fresh.push((file, descriptor));
        }
        fresh.sort_by_key(|(_, descriptor)| !descriptor.media_type.contains("manifest"));
        for (file, descriptor) in fresh {
            let target = self.dir.join(blob_name(descriptor.digest));
            if !file.exists() && target.exists() {
                continue;
            }
            let above = parent(&target);
            fs::create_dir_all(above).map_err(FileError::of("create directory", above))?;
            fs::rename(file, &target).map_err(FileError::of("write", &target))?;
            self.facts.hashed(target);
        }
        Ok(())
    }
}

/// Waits until no other process of ours writes to the layout.
fn lock(dir: &Path, wait: &Wait<'_>) -> Result<File, PublishError> {
    loop {
        let lock = File::open(dir).map_err(FileError::of("open", dir))?;
        let tell = || wait.progress.locked(dir);
        if !lock::wait(&lock, wait.interrupted, tell).map_err(FileError::of("lock", dir))? {
            return Err(Interrupted.into());
        }
        // Another one may have its name by now. A link is the user's own.
        if dir.is_symlink() || is_at(&lock, dir) {
            return Ok(lock);
        }
    }
}

/// Whether a process of ours reads images of the layout: it may be about to open what nothing refers to any more.
fn is_read(dir: &Path) -> bool {
    let marker = File::open(dir.join(MARKER_NAME)).and_then(|marker| lock::try_lock(&marker));
    !marker.is_ok_and(|lock| lock != Lock::Taken)
}

/// Every blob of the images once: manifests, configurations, layers.
pub fn blobs_of(items: &[Item<'_>]) -> Vec<(Descriptor, Arc<dyn BlobSource>)> {
    let mut blobs = BTreeMap::new();
    for Item { image, .. } in items {
        let mut add = |descriptor: Descriptor, source: Arc<dyn BlobSource>| {
            blobs.entry(descriptor.digest).or_insert((descriptor, source));
        };
        add(image.descriptor(), Arc::new(BytesBlob(image.manifest.clone())));
        add(image.config_descriptor(), Arc::new(BytesBlob(image.config.bytes().clone())));
        for layer in &image.layers {
            add(layer.descriptor.clone(), layer.source.clone());
        }
    }
    blobs.into_values().collect()
}

/// Puts a blob at `to`, for the output at `output`: a name of the file that this build made for it, a copy of one
/// that was verified, or a copy that is verified on the way. The host lets copies of files share their blocks where
/// it can.
fn copy(wanted: &Descriptor, source: &dyn BlobSource, to: &Path, output: &Path) -> Result<(), PublishError> {
    let copy = || {
        if source.link(to, output) {
            return Ok(());
        }
        let mut out = File::create(to)?;
        match source.file()? {
            Some(mut file) => io::copy(&mut file, &mut out)?,
            None => io::copy(&mut VerifyReader::new(source.open()?, wanted.digest, wanted.size), &mut out)?,
        };
        Ok(())
    };
    copy().map_err(|source| PublishError::Blob { path: output.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || File::create(path)?.write_all(bytes);
    write().map_err(FileError::of("write", path))
}
