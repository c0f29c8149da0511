//! Makes a layer that several functions have in common once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::build::cpu_slots::CpuSlots;
use crate::build::error::BuildError;
use crate::build::layer_role::LayerRole;
use crate::build::layers::{LayerMaker, Layers, NewLayer};
use crate::build::single_flight::SingleFlight;
use crate::pack;
use crate::registry_cache::RegistryCache;
use crate::store::{FileError, Staging, parent};
use crate::tree::FileTree;
use crate::work::Run;

/// A tar of as many bytes is worth all threads; smaller ones are packed at the same time.
const LARGE: u64 = 8 << 20;

/// Layers by the tree that they are made of, and where their bytes are put.
pub struct SharedLayers {
    cpu: Arc<CpuSlots>,
    /// By the directory, if any.
    stagings: SingleFlight<Option<PathBuf>, Arc<Staging>>,
    /// By the identity of the tree, which is held so that it stays one.
    made: SingleFlight<usize, (FileTree, NewLayer)>,
}

impl SharedLayers {
    /// Layers are packed in the slots of `cpu`.
    pub fn new(cpu: Arc<CpuSlots>) -> Self {
        Self { cpu, stagings: SingleFlight::default(), made: SingleFlight::default() }
    }

    fn make_once(
        &self,
        role: LayerRole,
        tree: FileTree,
        maker: &LayerMaker<'_>,
    ) -> Result<NewLayer, BuildError> {
        let (run, mut first) = (maker.at.run, false);
        let (_, mut layer) = self.made.get(tree.identity(), || {
            first = true;
            let make = |run: Run<'_>| {
                // An equal tree of another function may be packed by now: it is the cache that knows.
                let pending = maker.find(role, tree.clone(), run)?;
                maker.expect(&pending);
                Ok::<_, BuildError>((tree.clone(), maker.make(pending, run)?))
            };
            match pack::tar_size(&tree) >= LARGE {
                true => self.cpu.all(run, make),
                false => self.cpu.one(run, make),
            }
        })?;
        if !first {
            run.meter.spared(layer.report.packed.tar_size, layer.report.packed.size);
        }
        layer.report.role = role;
        Ok(layer)
    }
}

impl Layers for SharedLayers {
    fn staging(&self, beside: Option<&Path>) -> Result<Arc<Staging>, FileError> {
        self.stagings.get(beside.map(|path| parent(path).to_owned()), || {
            Ok(Arc::new(beside.map_or_else(|| Ok(Staging::nowhere()), Staging::beside)?))
        })
    }

    fn make(
        &self,
        trees: Vec<(LayerRole, FileTree)>,
        maker: &LayerMaker<'_>,
    ) -> Result<Vec<NewLayer>, BuildError> {
        trees.into_iter().map(|(role, tree)| self.make_once(role, tree, maker)).collect()
    }

    fn forget_distrusted(&self, cache: &RegistryCache) {
        self.made.retain(|(_, made)| !cache.distrusts_layer(made.layer.descriptor.digest));
    }
}
