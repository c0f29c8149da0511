//! Finds layers of earlier builds by the files that they were made of. A layer is packed again only if its bytes are
//! needed and no longer cached.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::OpenFile;
use super::cache::Cache;
use crate::epoch::Epoch;
use crate::image::{BlobSource, Descriptor, Layer};
use crate::media_type::Family;
use crate::pack::{PackError, Packed, TreeShape, pack};
use crate::tree::FileTree;
use crate::tree::file_facts::Facts;
use crate::work::Run;

/// Whether a tree was packed before.
pub enum Lookup {
    /// It was: what it became.
    Hit(Packed, Layer),
    /// It was not.
    Miss(FileTree, TreeShape),
}

/// Looks for the layer that `tree` became before. Where `bytes` are wanted, a layer that the cache has none
/// of any more counts as new: they are made once more, for all builds to come.
///
/// # Errors
/// [`PackError`] where files of the tree have to be read and cannot be.
pub fn find_cached(
    tree: FileTree,
    epoch: Epoch,
    run: Run<'_>,
    (cache, facts): (&Cache, &Facts),
    bytes: bool,
) -> Result<Lookup, PackError> {
    let shape = TreeShape::of(&tree, epoch);
    if cache.has_shape(shape)
        && let Some(packed) = cache.layer(&shape.layer_key(&tree, facts, run)?)
        && (cache.has(packed.digest, packed.size) || !bytes)
    {
        run.meter.spared(packed.tar_size, packed.size);
        let source = CachedLayer { tree, shape, epoch, jobs: run.jobs, packed, cache: cache.clone() };
        return Ok(Lookup::Hit(packed, layer(packed, Arc::new(source))));
    }
    Ok(Lookup::Miss(tree, shape))
}

/// The layer that was packed, of the OCI family: which one it gets is decided when the image is assembled.
pub fn layer(packed: Packed, source: Arc<dyn BlobSource>) -> Layer {
    let descriptor =
        Descriptor { media_type: Family::Oci.layer().to_owned(), digest: packed.digest, size: packed.size };
    Layer { descriptor, diff_id: packed.diff_id, tar_size: Some(packed.tar_size), source }
}

/// A layer of an earlier build. Its bytes come from the cache. If the cache no longer has them, they are made again when
/// they are needed.
pub struct CachedLayer {
    /// What it is made of.
    pub tree: FileTree,
    /// The shape of the tree.
    pub shape: TreeShape,
    /// The time of what is made.
    pub epoch: Epoch,
    /// Threads that make it again.
    pub jobs: NonZeroUsize,
    /// What the tree became.
    pub packed: Packed,
    /// Where its bytes may be.
    pub cache: Cache,
}

impl BlobSource for CachedLayer {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        if let Some(blob) = self.cache.open(self.packed.digest, self.packed.size).map_err(io::Error::other)? {
            return blob.open();
        }
        let never = AtomicBool::new(false);
        let run = Run::new(self.jobs, &never);
        let file = OpenFile::new(tempfile::tempfile()?);
        let segments = self.cache.segments();
        let reuse = segments.layer();
        reuse.reads_from(Some(&file.0));
        let packing = pack(&self.tree, self.epoch, run, Some(&reuse), None, &mut &*file.0);
        self.cache.keep_layer(self.shape, &packing.map_err(io::Error::other)?, Some(&file));
        reuse.keep(self.packed.digest);
        segments.keep();
        file.open()
    }

    fn file(&self) -> io::Result<Option<File>> {
        match self.cache.open(self.packed.digest, self.packed.size).map_err(io::Error::other)? {
            Some(blob) => blob.file(),
            None => Ok(None),
        }
    }
}
