//! A base from an OCI image layout, in a directory or in a tar.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::select::select;
use super::{ImageRef, Local, SourceError, Workplace, lacks, reading};
use crate::arch::Arch;
use crate::digest::{Digest, VerifyReader};
use crate::image::{BlobSource, Descriptor, Image, Layer, parse_index};
use crate::media_type::{Family, LayerKind};
use crate::pack::recompress;
use crate::store::archive::{DOCUMENT_MAX, TarFile};
use crate::store::{FileBlob, layout};
use crate::survey::unpacked;
use crate::tree::file_facts::Ask;
use crate::work::try_parallel;

/// Either kind of layout: how its files are found.
pub enum Files<'a> {
    /// What keeps the blobs where they are goes with the last that reads one.
    Dir(&'a Local, Option<Arc<File>>),
    Tar(TarFile),
}

pub fn load(base: &ImageRef, local: &Local, arch: Arch, at: &Workplace<'_>) -> Result<Image, SourceError> {
    // Not held: the build may itself write to the layout.
    let mut image = image(base, local, Some(arch), &Files::of(base, local, |_| None)?)?;
    check_layers(base, &mut image, at)?;
    Ok(image)
}

/// The image as it is.
pub fn source(base: &ImageRef, local: &Local, arch: Option<Arch>) -> Result<Image, SourceError> {
    let files = Files::open(base, local)?;
    image(base, local, arch, &files)
}

fn image(
    base: &ImageRef,
    local: &Local,
    arch: Option<Arch>,
    files: &Files<'_>,
) -> Result<Image, SourceError> {
    let index = files.index(base)?;
    let malformed = |source| SourceError::Manifest { base: base.to_string(), source };
    let entries = parse_index(&index).map_err(malformed)?;
    let fetch = |descriptor: &Descriptor| files.document(base, descriptor);
    let descriptor = select(base, entries, local.name.as_deref(), arch, fetch)?;
    if let Some(expected) = local.digest
        && expected != descriptor.digest
    {
        let found = descriptor.digest;
        return Err(SourceError::Pin { base: base.to_string(), expected, found });
    }

    let manifest = files.document(base, &descriptor)?;
    let parsed = crate::image::Manifest::parse(&manifest).map_err(malformed)?;
    let config = files.document(base, &parsed.config)?;
    for layer in &parsed.layers {
        files.check(base, layer)?;
    }
    let image = Image::parse(manifest.into(), config.into(), |layer| files.blob(layer.digest));
    image.map_err(malformed)
}

impl<'a> Files<'a> {
    pub fn open(base: &ImageRef, local: &'a Local) -> Result<Self, SourceError> {
        Self::of(base, local, layout::hold)
    }

    fn of(
        base: &ImageRef,
        local: &'a Local,
        hold: impl Fn(&Path) -> Option<Arc<File>>,
    ) -> Result<Self, SourceError> {
        Ok(match base {
            ImageRef::OciArchive(_) => Files::Tar(TarFile::open(&local.path)?),
            _ => Files::Dir(local, hold(&local.path)),
        })
    }

    pub fn index(&self, base: &ImageRef) -> Result<Vec<u8>, SourceError> {
        let missing = |missing: &str| SourceError::NotAnImage {
            base: base.to_string(),
            expected: "OCI image layout",
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
    fn check(&self, base: &ImageRef, wanted: &Descriptor) -> Result<(), SourceError> {
        let name = layout::blob_name(wanted.digest);
        let found = match self {
            Files::Dir(local, _) => std::fs::metadata(local.path.join(name)).map_or(0, |file| file.len()),
            Files::Tar(tar) => tar.member(&name).map_or(0, |member| member.size),
        };
        if found == wanted.size { Ok(()) } else { Err(lacks(base, wanted.digest, wanted.size, found)) }
    }

    /// A small blob, verified.
    fn document(&self, base: &ImageRef, wanted: &Descriptor) -> Result<Vec<u8>, SourceError> {
        self.check(base, wanted)?;
        let read = || {
            if wanted.size > DOCUMENT_MAX {
                return Err(io::Error::other(format!(
                    "{} has {} bytes, too many",
                    wanted.digest, wanted.size
                )));
            }
            let mut bytes = Vec::new();
            let blob = self.blob(wanted.digest).open()?;
            VerifyReader::new(blob, wanted.digest, wanted.size).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_err(|source| reading(base, source))
    }
}

/// Reads every layer once, on all cores: its bytes must be those of its descriptor, and unpack to its
/// diff_id. Bare tars are legal in OCI, but one report has Lambda refuse them: they leave as gzip.
fn check_layers(base: &ImageRef, image: &mut Image, at: &Workplace<'_>) -> Result<(), SourceError> {
    let family = image.family;
    let layers: Vec<_> = image.layers.iter().enumerate().collect();
    image.layers =
        try_parallel(at.run.jobs, &layers, |(index, layer)| check_layer(base, *index, layer, family, at))?;
    Ok(())
}

/// Compresses the bare tars of a base whose other layers are not read.
pub fn compress_bare_layers(
    base: &ImageRef,
    image: &mut Image,
    at: &Workplace<'_>,
) -> Result<(), SourceError> {
    let bare = |layer: &Layer| LayerKind::of(&layer.descriptor.media_type) == LayerKind::Tar;
    if !image.layers.iter().any(bare) {
        return Ok(());
    }
    for (index, layer) in image.layers.iter_mut().enumerate().filter(|(_, layer)| bare(layer)) {
        let mut tar = layer.open().map_err(|source| reading(base, source))?;
        *layer = compressed(base, index, &mut tar, layer.diff_id, image.family, at)?;
    }
    Ok(())
}

fn check_layer(
    base: &ImageRef,
    index: usize,
    layer: &Layer,
    family: Family,
    at: &Workplace<'_>,
) -> Result<Layer, SourceError> {
    at.run.check()?;
    let failed = |source| reading(base, source);
    let mut stored = layer.open().map_err(failed)?;
    if LayerKind::of(&layer.descriptor.media_type) == LayerKind::Tar {
        return compressed(base, index, &mut stored, layer.diff_id, family, at);
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
        return Err(SourceError::DiffId { base: base.to_string(), index, expected, found });
    }
    Ok(Layer { tar_size: Some(tar_size), ..layer.clone() })
}

/// What a layer unpacks to, where its file has not changed since it was verified.
fn known(layer: &Layer, at: &Workplace<'_>) -> Option<(Digest, u64)> {
    let (stamp, offset) = layer.source.stamp()?;
    let digest = at.context.facts.get(&stamp, Ask::Blob(offset))?;
    (Digest::from_bytes(digest) == layer.descriptor.digest)
        .then(|| at.context.cache.unpacked(layer.descriptor.digest))?
}

/// Remembers what was found out of a layer whose bytes were verified.
fn remember(layer: &Layer, found: (Digest, u64), at: &Workplace<'_>) {
    let digest = layer.descriptor.digest;
    if let Some((stamp, offset)) = layer.source.stamp()
        && at.context.facts.learn(&stamp, Ask::Blob(offset), *digest.as_bytes())
    {
        at.context.cache.keep_unpacked(digest, found);
    }
}

/// A layer made of a bare tar, which must be the one of the diff_id.
pub fn compressed(
    base: &ImageRef,
    index: usize,
    tar: &mut (dyn Read + Send),
    diff_id: Digest,
    family: Family,
    at: &Workplace<'_>,
) -> Result<Layer, SourceError> {
    let origin = base.to_string();
    let (packed, source) = at.staging.write(|out| {
        recompress(tar, &origin, at.run, out).map_err(|source| SourceError::packing(base, source))
    })?;
    if packed.diff_id != diff_id {
        let (expected, found) = (diff_id, packed.diff_id);
        return Err(SourceError::DiffId { base: origin, index, expected, found });
    }
    let media_type = family.layer().to_owned();
    let descriptor = Descriptor { media_type, digest: packed.digest, size: packed.size };
    Ok(Layer { descriptor, diff_id, tar_size: Some(packed.tar_size), source })
}

struct Missing(String);

impl BlobSource for Missing {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("no `{}` in the archive", self.0)))
    }
}
