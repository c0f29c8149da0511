//! From the trees of the new layers to layers: remembered where they were made before, else packed.

use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::error::BuildError;
use super::spec::BuildSpec;
use super::surveys::Surveys;
use super::{LayerReport, Part};
use crate::context::Context;
use crate::epoch::Epoch;
use crate::image::{BlobSource, Descriptor, Layer};
use crate::media_type::Family;
use crate::pack::{self, Effort, Packed, Reuse, Shape};
use crate::progress::Phase;
use crate::store::cache::{Cache, CachedBlocks};
use crate::store::{FileBlob, Staging};
use crate::tree::facts::Facts;
use crate::tree::{FileTree, Node};

/// What earlier builds left: nothing where the user wants everything made anew.
pub struct Memory {
    kept: Option<Kept>,
    facts: Arc<Facts>,
    /// What facts are about: the function.
    root: PathBuf,
}

struct Kept {
    cache: Cache,
    blocks: CachedBlocks,
}

impl Memory {
    pub fn of(spec: &BuildSpec, context: &Context) -> Self {
        let root = spec.path.clone();
        if spec.forget {
            return Self { kept: None, facts: Arc::default(), root };
        }
        let cache = context.cache.clone();
        Self {
            facts: cache.facts(&root, spec.began).into(),
            kept: Some(Kept { blocks: cache.blocks(), cache }),
            root,
        }
    }

    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Keeps what this build learned. A cache that cannot be written to costs the next build time, not
    /// this one its success.
    pub fn keep(&self) {
        if let Some(kept) = &self.kept {
            let _ = kept.cache.keep_facts(&self.root, &self.facts);
        }
    }
}

/// Makes the layers of `trees`, lowest first; what is packed is surveyed, where `surveys` are wanted.
pub fn make(
    trees: Vec<(Part, FileTree)>,
    epoch: Epoch,
    effort: Effort<'_>,
    staging: &Staging,
    memory: &Memory,
    surveys: Option<&Surveys>,
) -> Result<Vec<(LayerReport, Layer)>, BuildError> {
    let one = |(part, tree): (Part, FileTree)| {
        let entries = tree.iter().filter(|(_, node)| !matches!(node, Node::Dir { .. }));
        let files = entries.map(|(path, _)| path.to_string()).collect();
        let (packed, source) = layer(tree, epoch, effort, staging, memory, surveys)?;
        let descriptor = Descriptor {
            // The family decides when the image is assembled.
            media_type: Family::Oci.layer().to_owned(),
            digest: packed.digest,
            size: packed.size,
        };
        let layer = Layer { descriptor, diff_id: packed.diff_id, tar_size: Some(packed.tar_size), source };
        Ok((LayerReport { part, files, packed }, layer))
    };
    trees.into_iter().map(one).collect()
}

/// One layer: its digests, and where its bytes are.
fn layer(
    tree: FileTree,
    epoch: Epoch,
    effort: Effort<'_>,
    staging: &Staging,
    memory: &Memory,
    surveys: Option<&Surveys>,
) -> Result<(Packed, Arc<dyn BlobSource>), BuildError> {
    let packing = |reuse: Option<&dyn Reuse>| {
        staging.write(|out| {
            let mut pack = |witness| pack::pack(&tree, epoch, effort, reuse, witness, out);
            let packing = match surveys {
                Some(surveys) => surveys.watch(pack)?,
                None => pack(None)?,
            };
            Ok::<_, BuildError>(packing)
        })
    };
    let Some(Kept { cache, blocks }) = &memory.kept else {
        let (packing, source) = packing(None)?;
        return Ok((packing.packed, source));
    };
    let shape = Shape::of(&tree, epoch);
    if cache.has_shape(shape)
        && let Some(packed) = cache.layer(&shape.name(&tree, &memory.facts, effort)?)
        // Where its bytes went, they are made once more, for all builds to come.
        && (cache.has(packed.digest, packed.size) || !staging.keeps())
    {
        for phase in [Phase::Read, Phase::Deflate, Phase::Hash] {
            effort.meter.saved(phase, packed.tar_size);
        }
        effort.meter.saved(Phase::Write, packed.size);
        let source = Remade { tree, shape, epoch, jobs: effort.jobs, packed, cache: cache.clone() };
        return Ok((packed, Arc::new(source)));
    }
    let (packing, source) = packing(Some(blocks))?;
    for ((_, content), key) in tree.files().zip(&packing.contents) {
        content.learn_key(*key, &memory.facts);
    }
    // As `Memory::keep`.
    let _ = cache.keep_layer(shape, &packing, staging.keeps().then_some(&*source));
    Ok((packing.packed, source))
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
        let packing = pack::pack(&self.tree, self.epoch, effort, Some(&blocks), None, &mut file);
        let bytes = FileBlob::foreign(file.path().to_owned());
        // As `Memory::keep`.
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
