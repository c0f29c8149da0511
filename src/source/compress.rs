//! Compresses layers that are stored as plain tars.

use std::io::Read;

use super::env::SourceEnv;
use super::error::SourceError;
use super::image_ref::ImageName;
use crate::digest::Digest;
use crate::image::{Descriptor, Image, Layer};
use crate::media_type::{Family, LayerKind};
use crate::pack::recompress;

/// Compresses the bare tars of a base whose other layers are not read.
pub fn compress_bare_layers(
    name: &ImageName,
    image: &mut Image,
    at: &SourceEnv<'_>,
) -> Result<(), SourceError> {
    let bare = |layer: &Layer| LayerKind::of(&layer.descriptor.media_type) == LayerKind::Tar;
    if !image.layers.iter().any(bare) {
        return Ok(());
    }
    for (index, layer) in image.layers.iter_mut().enumerate().filter(|(_, layer)| bare(layer)) {
        let mut tar = layer.open().map_err(|source| SourceError::reading(name, source))?;
        *layer = compressed(name, index, &mut tar, layer.diff_id, image.family, at)?;
    }
    Ok(())
}

/// A layer made of a bare tar, which must be the one of the diff_id.
pub fn compressed(
    name: &ImageName,
    index: usize,
    tar: &mut (dyn Read + Send),
    diff_id: Digest,
    family: Family,
    at: &SourceEnv<'_>,
) -> Result<Layer, SourceError> {
    let (packed, source) = at.staging.write(|out, _| {
        recompress(tar, &name.reference, at.run, out).map_err(|source| SourceError::packing(name, source))
    })?;
    if packed.diff_id != diff_id {
        let (expected, found) = (diff_id, packed.diff_id);
        return Err(SourceError::DiffId { image: name.clone(), index, expected, found });
    }
    let media_type = family.layer().to_owned();
    let descriptor = Descriptor { media_type, digest: packed.digest, size: packed.size };
    Ok(Layer { descriptor, diff_id, tar_size: Some(packed.tar_size), source })
}
