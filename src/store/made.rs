//! Layers that were made here before: remembered by what they are made of, and made again only where
//! somebody wants bytes that are gone.

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::FileBlob;
use super::cache::Cache;
use crate::epoch::Epoch;
use crate::image::BlobSource;
use crate::pack::{Effort, PackError, Packed, Shape, pack};
use crate::progress::Phase;
use crate::tree::FileTree;
use crate::tree::facts::Facts;

/// Whether a tree was packed before.
pub enum Found {
    /// It was: what it became, and where the bytes are.
    Made(Packed, Arc<dyn BlobSource>),
    /// It was not.
    New(FileTree, Shape),
}

/// Looks for the layer that `tree` became before. Where `bytes` are wanted, a layer that the cache has none
/// of any more counts as new: they are made once more, for all builds to come.
///
/// # Errors
/// [`PackError`] where files of the tree have to be read and cannot be.
pub fn recall(
    tree: FileTree,
    epoch: Epoch,
    effort: Effort<'_>,
    (cache, facts): (&Cache, &Facts),
    bytes: bool,
) -> Result<Found, PackError> {
    let shape = Shape::of(&tree, epoch);
    if cache.has_shape(shape)
        && let Some(packed) = cache.layer(&shape.name(&tree, facts, effort)?)
        && (cache.has(packed.digest, packed.size) || !bytes)
    {
        for phase in [Phase::Read, Phase::Deflate, Phase::Hash] {
            effort.meter.saved(phase, packed.tar_size);
        }
        effort.meter.saved(Phase::Write, packed.size);
        let source = Remade { tree, shape, epoch, jobs: effort.jobs, packed, cache: cache.clone() };
        return Ok(Found::Made(packed, Arc::new(source)));
    }
    Ok(Found::New(tree, shape))
}

/// A layer that an earlier build made. Its bytes are the cache's or, where it has them no more, made
/// again: only when somebody wants them.
struct Remade {
    tree: FileTree,
    shape: Shape,
    epoch: Epoch,
    jobs: NonZeroUsize,
    packed: Packed,
    cache: Cache,
}

impl BlobSource for Remade {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        if let Some(blob) = self.cache.open(self.packed.digest, self.packed.size).map_err(io::Error::other)? {
            return blob.open();
        }
        let never = AtomicBool::new(false);
        let effort = Effort::new(self.jobs, &never);
        let mut file = tempfile::NamedTempFile::new()?;
        let blocks = self.cache.blocks();
        let packing = pack(&self.tree, self.epoch, effort, Some(&blocks), None, &mut file);
        let bytes = FileBlob::foreign(file.path().to_owned());
        // A cache that cannot be written to costs the next build time, not this one its success.
        let _ = self.cache.keep_layer(self.shape, &packing.map_err(io::Error::other)?, Some(&bytes));
        Ok(Box::new(file.reopen()?))
    }

    fn link(&self, to: &Path) -> io::Result<bool> {
        match self.cache.open(self.packed.digest, self.packed.size).map_err(io::Error::other)? {
            Some(blob) => blob.link(to),
            None => Ok(false),
        }
    }
}
