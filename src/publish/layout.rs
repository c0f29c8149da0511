//! Images into an OCI image layout: a new one, or one more image of one that is there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Item, PublishError, Staged, TAG_ANNOTATION, tagged};
use crate::digest::VerifyReader;
use crate::image::{BlobSource, BytesBlob, Descriptor};
use crate::json;
use crate::media_type::OCI_INDEX;
use crate::store::layout::{INDEX_NAME, MARKER, MARKER_NAME, blob_name, document, has_blob, is_layout};
use crate::store::{FileError, Temporary, parent, temporary_beside};
use crate::tree::facts::Facts;

/// A layout, an empty directory, or nothing may be at `dir`.
pub fn check(dir: &Path) -> Result<(), PublishError> {
    if is_layout(dir) {
        return Ok(());
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

pub fn stage(dir: &Path, tag: &str, items: &[Item<'_>], facts: &Facts) -> Result<Staged, PublishError> {
    let temporary = temporary_beside(dir)?;
    let new = if is_layout(dir) { None } else { Some(temporary.path().join("layout")) };
    if let Some(new) = &new {
        let blobs = new.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(FileError::of("create directory", &blobs))?;
        write(&new.join(MARKER_NAME), MARKER)?;
    }
    let mut blobs = Vec::new();
    for (wanted, source) in blobs_of(items) {
        if is_layout(dir) && has_blob(dir, wanted.digest, wanted.size, facts)? {
            continue;
        }
        let name = blob_name(wanted.digest);
        let file = match &new {
            Some(new) => new.join(&name),
            None => temporary.path().join(wanted.digest.hex()),
        };
        copy(&wanted, &*source, &file)
            .map_err(|source| PublishError::Blob { path: dir.to_owned(), source })?;
        blobs.push((file, name));
    }
    let entries: Vec<Value> = items.iter().map(|item| index_entry(item, tag)).collect();
    let dir = dir.to_owned();
    Ok(Staged(Box::new(move || commit(&temporary, new.as_deref(), &blobs, &dir, entries))))
}

/// Takes the final name at once where nothing is there and the layout is `new`, else adds blobs first, each a
/// file and its name, and the index last.
fn commit(
    temporary: &Temporary,
    new: Option<&Path>,
    blobs: &[(PathBuf, String)],
    dir: &Path,
    entries: Vec<Value>,
) -> Result<(), PublishError> {
    if let Some(new) = new.filter(|_| !is_layout(dir)) {
        write(&new.join(INDEX_NAME), &index(entries.clone()))?;
        match fs::rename(new, dir) {
            Ok(()) => return Ok(()),
            // Somebody else made the layout meanwhile.
            Err(_) if is_layout(dir) => {}
            Err(error) => return Err(FileError::of("create", dir)(error).into()),
        }
    }
    for (file, name) in blobs {
        let target = dir.join(name);
        fs::create_dir_all(parent(&target)).map_err(FileError::of("create directory", parent(&target)))?;
        fs::rename(file, &target).map_err(FileError::of("write", &target))?;
    }
    // One writer at a time reads the index and puts another in its place.
    let lock = File::open(dir).map_err(FileError::of("open", dir))?;
    lock.lock().map_err(FileError::of("lock", dir))?;
    let path = dir.join(INDEX_NAME);
    let old = document(path.clone())?;
    if entries.iter().all(|entry| contains(&old, entry)) {
        return Ok(());
    }
    let merged = merge(&path, &old, entries)?;
    let fresh = temporary.path().join(INDEX_NAME);
    write(&fresh, &merged)?;
    fs::rename(&fresh, &path).map_err(FileError::of("write", &path))?;
    Ok(())
}

/// Whether an index has this entry to the letter, and no other of its tag: nothing is to be done then.
fn contains(index: &[u8], entry: &Value) -> bool {
    let text = |value: &Value| String::from_utf8(json::to_bytes(value)).unwrap_or_default();
    let tag = format!("\"{TAG_ANNOTATION}\":{}", text(&entry["annotations"][TAG_ANNOTATION]));
    std::str::from_utf8(index)
        .is_ok_and(|index| index.contains(&text(entry)) && index.matches(&tag).nth(1).is_none())
}

/// The index with `entries` in the place of those of the same tags, and all else as it was.
fn merge(path: &Path, old: &[u8], entries: Vec<Value>) -> Result<Vec<u8>, PublishError> {
    let malformed = |source| PublishError::Index { path: path.to_owned(), source };
    let mut index: Value = serde_json::from_slice(old).map_err(malformed)?;
    let tag = |entry: &Value| entry["annotations"][TAG_ANNOTATION].as_str().map(str::to_owned);
    let new: Vec<_> = entries.iter().map(tag).collect();
    let mut all = index["manifests"].as_array().cloned().unwrap_or_default();
    all.retain(|entry| !new.contains(&tag(entry)));
    all.extend(entries);
    if !index.is_object() {
        let not_an_object = serde::de::Error::custom("the index is not an object");
        return Err(malformed(not_an_object));
    }
    index["manifests"] = Value::Array(all);
    Ok(json::to_bytes(&index))
}

/// A whole index of `entries`.
pub fn index(entries: Vec<Value>) -> Vec<u8> {
    json::to_bytes(&json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries }))
}

/// The entry of an image in a layout's index.
pub fn index_entry(item: &Item<'_>, tag: &str) -> Value {
    let mut entry = item.image.descriptor().to_json();
    let (os, architecture) = item.image.config.platform();
    entry["platform"] = json!({ "os": os, "architecture": architecture });
    entry["annotations"] = json!({ TAG_ANNOTATION: tagged(tag, item.suffix) });
    entry
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

/// Links to a blob that this build made, or copies one and verifies it on the way.
fn copy(wanted: &Descriptor, source: &dyn BlobSource, to: &Path) -> io::Result<()> {
    if source.link(to)? {
        return Ok(());
    }
    let mut from = VerifyReader::new(source.open()?, wanted.digest, wanted.size);
    io::copy(&mut from, &mut File::create(to)?)?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || File::create(path)?.write_all(bytes);
    write().map_err(FileError::of("write", path))
}
