//! An image from an OCI image layout, in a directory or in a tar.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::compress::compressed;
use super::env::SourceEnv;
use super::error::SourceError;
use super::image_ref::{ImageName, Local, Medium};
use super::select::select;
use crate::arch::Arch;
use crate::digest::{Digest, VerifyReader};
use crate::image::{BlobSource, Descriptor, Image, Layer, parse_index};
use crate::media_type::{Family, LayerKind};
use crate::store::archive::TarFile;
use crate::store::{DOCUMENT_MAX, FileBlob, layout};
use crate::survey::unpacked;
use crate::tree::file_facts::Question;
use crate::work::try_parallel;

/// Either kind of layout: how its files are found.
pub enum Files<'a> {
    /// What keeps the blobs where they are goes with the last that reads one.
    Dir(&'a Local, Option<Arc<File>>),
    Tar(TarFile),
}

/// Loads a base of the layout. A directory is not held: the build may itself write to it.
pub fn load(
    name: &ImageName,
    files: &Files<'_>,
    local: &Local,
    arch: Arch,
    at: &SourceEnv<'_>,
) -> Result<Image, SourceError> {
    let mut image = source(name, files, local, Some(arch))?;
    check_layers(name, &mut image, at)?;
    Ok(image)
}

/// The image as it is.
pub fn source(
    name: &ImageName,
    files: &Files<'_>,
    local: &Local,
    arch: Option<Arch>,
) -> Result<Image, SourceError> {
    let index = files.index(name)?;
    let malformed = |source| SourceError::Manifest { image: name.clone(), source };
    let entries = parse_index(&index).map_err(malformed)?;
    let fetch = |descriptor: &Descriptor| files.document(name, descriptor);
    let descriptor = select(name, entries, local.name.as_deref(), arch, fetch)?;
    if let Some(expected) = local.digest
        && expected != descriptor.digest
    {
        let found = descriptor.digest;
        return Err(SourceError::Pin { image: name.clone(), expected, found });
    }

    let manifest = files.document(name, &descriptor)?;
    let parsed = crate::image::Manifest::parse(&manifest).map_err(malformed)?;
    let config = files.document(name, &parsed.config)?;
    for layer in &parsed.layers {
        files.check(name, layer)?;
    }
    let image = Image::parse(manifest.into(), config.into(), |layer| files.blob(layer.digest));
    image.map_err(malformed)
}

impl<'a> Files<'a> {
    /// A layout in a directory.
    pub fn dir(local: &'a Local) -> Self {
        Files::Dir(local, None)
    }

    /// The same; its blobs stay where they are until all of this is dropped.
    pub fn held_dir(local: &'a Local) -> Self {
        Files::Dir(local, layout::hold(&local.path))
    }

    /// A layout in a tar.
    pub fn tar(local: &Local) -> Result<Self, SourceError> {
        Ok(Files::Tar(TarFile::open(&local.path)?))
    }

    pub fn index(&self, name: &ImageName) -> Result<Vec<u8>, SourceError> {
        let missing = |missing: &str| SourceError::NotAnImage {
            image: name.clone(),
            expected: Medium::Layout,
            missing: missing.to_owned(),
        };
        match self {
            Files::Dir(local, _) => {
                for name in [layout::MARKER_NAME, layout::INDEX_NAME] {
                    if !local.path.join(name).is_file() {
                        return Err(missing(name));
                    }
                }
                Ok(layout::document(local.path.join(layout::INDEX_NAME))?)
            }
            Files::Tar(tar) => tar.document(layout::INDEX_NAME)?.ok_or_else(|| missing(layout::INDEX_NAME)),
        }
    }

    pub fn blob(&self, digest: Digest) -> Arc<dyn BlobSource> {
        let name = layout::blob_name(digest);
        match self {
            Files::Dir(local, hold) => Arc::new(FileBlob::held(local.path.join(name), hold.clone())),
            Files::Tar(tar) => match tar.member(&name) {
                Some(member) => Arc::new(member),
                None => Arc::new(Missing(name)),
            },
        }
    }

    /// Whether the blob is there with its size; its bytes are verified when they are read.
    fn check(&self, name: &ImageName, wanted: &Descriptor) -> Result<(), SourceError> {
        let file = layout::blob_name(wanted.digest);
        let found = match self {
            Files::Dir(local, _) => std::fs::metadata(local.path.join(file)).map_or(0, |found| found.len()),
            Files::Tar(tar) => tar.member(&file).map_or(0, |member| member.size),
        };
        if found == wanted.size {
            Ok(())
        } else {
            Err(SourceError::lacks(name, wanted.digest, wanted.size, found))
        }
    }

    /// A small blob, verified.
    fn document(&self, name: &ImageName, wanted: &Descriptor) -> Result<Vec<u8>, SourceError> {
        self.check(name, wanted)?;
        let read = || {
            if wanted.size > DOCUMENT_MAX {
                return Err(io::Error::other(format!(
                    "{} has {} bytes, which is too many",
                    wanted.digest, wanted.size
                )));
            }
            let mut bytes = Vec::new();
            let blob = self.blob(wanted.digest).open()?;
            VerifyReader::new(blob, wanted.digest, wanted.size).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|source| SourceError::reading(name, source))
    }
}

/// Reads every layer once, on all cores: its bytes must be those of its descriptor, and unpack to its
/// diff_id. Bare tars are legal in OCI, but one report has Lambda refuse them: they leave as gzip.
fn check_layers(name: &ImageName, image: &mut Image, at: &SourceEnv<'_>) -> Result<(), SourceError> {
    let family = image.family;
    let layers: Vec<_> = image.layers.iter().enumerate().collect();
    image.layers =
        try_parallel(at.run.jobs, &layers, |(index, layer)| check_layer(name, *index, layer, family, at))?;
    Ok(())
}

fn check_layer(
    name: &ImageName,
    index: usize,
    layer: &Layer,
    family: Family,
    at: &SourceEnv<'_>,
) -> Result<Layer, SourceError> {
    at.run.check()?;
    let failed = |source| SourceError::reading(name, source);
    let mut stored = layer.open().map_err(failed)?;
    if LayerKind::of(&layer.descriptor.media_type) == LayerKind::Tar {
        return compressed(name, index, &mut stored, layer.diff_id, family, at);
    }
    let (found, tar_size) = known(layer, at).map_or_else(
        || {
            // Where deflate stumbles, the digest says better what is wrong.
            let whole = |error| io::copy(&mut layer.open()?, &mut io::sink()).and(Err(error));
            let found = unpacked(stored).or_else(whole).map_err(failed)?;
            remember(layer, found, at);
            Ok::<_, SourceError>(found)
        },
        Ok,
    )?;
    if found != layer.diff_id {
        let expected = layer.diff_id;
        return Err(SourceError::DiffId { image: name.clone(), index, expected, found });
    }
    Ok(Layer { tar_size: Some(tar_size), ..layer.clone() })
}

/// What a layer unpacks to, where its file has not changed since it was verified.
fn known(layer: &Layer, at: &SourceEnv<'_>) -> Option<(Digest, u64)> {
    let (stamp, offset) = layer.source.stamp()?;
    let digest = at.context.facts.get(&stamp, Question::Blob(offset))?;
    (Digest::from_bytes(digest) == layer.descriptor.digest)
        .then(|| at.context.cache.unpacked(layer.descriptor.digest))?
}

/// Remembers what was found out of a layer whose bytes were verified.
fn remember(layer: &Layer, found: (Digest, u64), at: &SourceEnv<'_>) {
    let digest = layer.descriptor.digest;
    if let Some((stamp, offset)) = layer.source.stamp()
        && at.context.facts.learn(&stamp, Question::Blob(offset), *digest.as_bytes())
    {
        at.context.cache.keep_unpacked(digest, found);
    }
}

struct Missing(String);

impl BlobSource for Missing {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("the archive has no `{}`", self.0)))
    }
}
