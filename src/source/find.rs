//! Finds images in registries, layouts and archives, without converting them.

use std::io;

use super::env::SourceEnv;
use super::error::SourceError;
use super::image_ref::{ImageName, ImageRef, Local};
use super::select::{found, named};
use super::stored::{StoredImage, descend, document, is_for};
use super::{docker_archive, layout, registry};
use crate::arch::Arch;
use crate::image::{Descriptor, IndexEntry, parse_index};

/// Finds the image that `source` names. Of an index, the image for `arch` (x86_64 where none is asked for),
/// else the first one.
///
/// # Errors
/// [`SourceError`], naming the image: where there is nothing that could be judged.
pub fn find(source: &ImageRef, arch: Option<Arch>, at: &SourceEnv<'_>) -> Result<StoredImage, SourceError> {
    let (arch, name) = (arch.unwrap_or_default(), ImageName::image(source));
    match source {
        ImageRef::Embedded | ImageRef::Scratch => Err(SourceError::NotASource { name: source.to_string() }),
        ImageRef::DockerArchive(local) => docker_archive::find(&name, local, arch),
        ImageRef::Registry(reference) => registry::find(&name, reference, arch, at),
        ImageRef::Layout(local) => in_layout(&name, &layout::Files::held_dir(local), local, arch),
        ImageRef::OciArchive(local) => in_layout(&name, &layout::Files::tar(local)?, local, arch),
    }
}

fn in_layout(
    name: &ImageName,
    files: &layout::Files<'_>,
    local: &Local,
    arch: Arch,
) -> Result<StoredImage, SourceError> {
    let fetch = |wanted: &Descriptor| {
        let bytes = document(&*files.blob(wanted.digest));
        bytes.map(Into::into).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::lacks(name, wanted.digest, wanted.size, 0),
            _ => SourceError::reading(name, error),
        })
    };
    let malformed = |error| SourceError::Manifest { image: name.clone(), source: error };
    let entries = parse_index(&files.index(name)?).map_err(malformed)?;
    let top = only(name, named(name, entries, local.name.as_deref())?, arch)?;
    let image = descend(name, top.descriptor.clone(), fetch(&top.descriptor)?, arch, fetch)?;
    if let Some(expected) = local.digest
        && ![top.descriptor.digest, image.descriptor.digest].contains(&expected)
    {
        let found = image.descriptor.digest;
        return Err(SourceError::Pin { image: name.clone(), expected, found });
    }
    Ok(image.parts(None, |blob| files.blob(blob.digest)))
}

/// Of a layout's entries the only one, else the only one for the architecture.
fn only(name: &ImageName, mut entries: Vec<IndexEntry>, arch: Arch) -> Result<IndexEntry, SourceError> {
    let found = found(&entries);
    if entries.len() > 1 {
        entries.retain(|entry| is_for(entry, arch));
    }
    match (entries.pop(), entries.is_empty()) {
        (Some(entry), true) => Ok(entry),
        _ => Err(SourceError::Ambiguous { image: name.clone(), found }),
    }
}
