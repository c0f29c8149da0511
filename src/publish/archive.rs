//! Writes images into one tar: an OCI layout, or the format of `docker load`. Like layers, the tar is sorted and has no
//! times of this machine and no owners.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use super::error::PublishError;
use super::item::{Item, tagged};
use super::layout::{blobs_of, index, index_entry};
use crate::digest::VerifyReader;
use crate::epoch::Epoch;
use crate::image::{BlobSource, Descriptor};
use crate::json;
use crate::pack::tar;
use crate::store::archive::{DOCKER_LIST, TarFile};
use crate::store::layout::{INDEX_NAME, MARKER, MARKER_NAME, blob_name};
use crate::store::{FileError, temporary_beside};
use crate::tree::{Content, FileTree, ImagePath, InvalidPath, Member, Node};

/// Gives a file its final name.
pub type Rename = Box<dyn FnOnce() -> Result<(), PublishError> + Send>;

/// Which of the two archives.
#[derive(Clone, Copy)]
pub enum ArchiveKind {
    /// An OCI image layout.
    Oci,
    /// A Docker archive.
    Docker,
}

/// An archive of the same kind, or nothing may be at `file`.
pub fn check(file: &Path, kind: ArchiveKind) -> Result<(), PublishError> {
    let (expected, name) = match kind {
        ArchiveKind::Oci => ("OCI archive", MARKER_NAME),
        ArchiveKind::Docker => ("Docker archive", DOCKER_LIST),
    };
    match fs::symlink_metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(metadata) if metadata.is_file() && TarFile::open(file).is_ok_and(|tar| tar.has(name)) => Ok(()),
        _ => Err(PublishError::NotOurs { path: file.to_owned(), expected }),
    }
}

pub fn stage_oci(file: &Path, tag: &str, items: &[Item<'_>], epoch: Epoch) -> Result<Rename, PublishError> {
    let mut tree = Archive::default();
    tree.document(MARKER_NAME, MARKER.to_vec())?;
    tree.document(INDEX_NAME, index(&items.iter().map(|item| index_entry(item, tag)).collect::<Vec<_>>()))?;
    for (descriptor, source) in blobs_of(items) {
        tree.blob(&blob_name(descriptor.digest), descriptor, source)?;
    }
    tree.stage(file, epoch)
}

pub fn stage_docker(
    file: &Path,
    name: Option<&str>,
    items: &[Item<'_>],
    epoch: Epoch,
) -> Result<Rename, PublishError> {
    let mut tree = Archive::default();
    let mut list = Vec::new();
    for item in items {
        let image = item.image;
        let config = format!("{}.json", image.config.digest().hex());
        let layer_name = |descriptor: &Descriptor| format!("{}.tar.gz", descriptor.digest.hex());
        let layers: Vec<_> = image.layers.iter().map(|layer| layer_name(&layer.descriptor)).collect();
        let tags: Vec<_> = name.map(|name| tagged(name, item.suffix)).into_iter().collect();
        list.push(json!({ "Config": config, "RepoTags": tags, "Layers": layers }));
        tree.document(&config, image.config.bytes().to_vec())?;
        for layer in &image.layers {
            tree.blob(&layer_name(&layer.descriptor), layer.descriptor.clone(), layer.source.clone())?;
        }
    }
    tree.document(DOCKER_LIST, json::to_bytes(&json!(list)))?;
    tree.stage(file, epoch)
}

#[derive(Default)]
struct Archive(FileTree);

impl Archive {
    fn document(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), PublishError> {
        self.add(name, Content::bytes(name, bytes))
    }

    fn blob(
        &mut self,
        name: &str,
        descriptor: Descriptor,
        source: Arc<dyn BlobSource>,
    ) -> Result<(), PublishError> {
        let size = descriptor.size;
        self.add(name, Content::member(Arc::new(Blob { descriptor, source }), size, None))
    }

    fn add(&mut self, name: &str, content: Content) -> Result<(), PublishError> {
        let invalid = |error: InvalidPath| FileError::of("name", name)(io::Error::other(error));
        let path = ImagePath::new(name).map_err(invalid)?;
        // Names are digests: what is there already has the same bytes.
        if self.0.get(&path).is_none() {
            self.0.insert(path, Node::File { content, executable: false })?;
        }
        Ok(())
    }

    fn stage(self, file: &Path, epoch: Epoch) -> Result<Rename, PublishError> {
        let temporary = temporary_beside(file)?;
        let new = temporary.path().join("archive");
        let made = fs::File::create(&new).map_err(FileError::of("create", &new))?;
        let mut out = BufWriter::with_capacity(1 << 20, made);
        let written = tar::write(&self.0, epoch, &mut out).and_then(|()| out.flush());
        written.map_err(|source| PublishError::Blob { path: file.to_owned(), source })?;
        let file = file.to_owned();
        Ok(Box::new(move || {
            fs::rename(&new, &file).map_err(FileError::of("write", &file))?;
            drop(temporary);
            Ok(())
        }))
    }
}

struct Blob {
    descriptor: Descriptor,
    source: Arc<dyn BlobSource>,
}

impl Member for Blob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let Descriptor { digest, size, .. } = self.descriptor;
        Ok(Box::new(VerifyReader::new(self.source.open()?, digest, size)))
    }

    fn origin(&self) -> String {
        self.descriptor.digest.to_string()
    }
}
