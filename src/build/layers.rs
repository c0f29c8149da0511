//! Makes the new layers: each comes from the cache, or is packed.

use std::path::Path;
use std::sync::Arc;

use super::built::LayerReport;
use super::earlier_builds::{EarlierBuilds, Kept};
use super::early_push::EarlyPush;
use super::error::BuildError;
use super::layer_role::LayerRole;
use crate::examine::previous_layer::{self, PreviousLayer};
use crate::image::Layer;
use crate::pack::{self, Packed, Reuse, TreeShape};
use crate::progress::Phase;
use crate::source::{self, SourceEnv};
use crate::store::layer_cache::{self, Lookup};
use crate::store::{FileError, Staging};
use crate::tree::{FileTree, Node};
use crate::work::Run;

/// Makes the layers of functions.
pub trait Layers: Sync {
    /// Where the bytes of new layers are put: next to the path `beside`; with none, they are put nowhere.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    fn staging(&self, beside: Option<&Path>) -> Result<Arc<Staging>, FileError>;

    /// Makes a layer of each tree, in order.
    ///
    /// # Errors
    /// [`BuildError::Pack`] and [`BuildError::File`].
    fn make(
        &self,
        trees: Vec<(LayerRole, FileTree)>,
        maker: &LayerMaker<'_>,
    ) -> Result<Vec<NewLayer>, BuildError>;
}

/// A layer that was made, or remembered.
#[derive(Clone)]
pub struct NewLayer {
    /// The report about the layer.
    pub report: LayerReport,
    /// The layer.
    pub layer: Layer,
}

/// Makes the new layers, lowest first, while the layers `coming`, each with the name of its base, come in: the network
/// and the processors do not wait for each other.
pub fn make(
    trees: Vec<(LayerRole, FileTree)>,
    coming: Vec<(String, Layer)>,
    layers: &dyn Layers,
    maker: &LayerMaker<'_>,
) -> Result<Vec<NewLayer>, BuildError> {
    let SourceEnv { run, context, .. } = *maker.at;
    context.progress.expecting(&source::coming(&coming, &context.cache));
    let fetching = source::begin(coming, run.jobs);
    let made = layers.make(trees, maker)?;
    fetching.finish(run)?;
    Ok(made)
}

/// Makes layers one by one, for one function.
pub struct LayerMaker<'a> {
    /// Where they are made.
    pub at: &'a SourceEnv<'a>,
    /// What earlier builds made.
    pub earlier: &'a EarlierBuilds,
    /// The path of the function.
    pub root: &'a Path,
    /// Whether new layers are surveyed while they are packed.
    pub surveyed: bool,
    /// Where new layers are sent at once.
    pub early: &'a EarlyPush<'a>,
}

/// A layer that is about to be made.
pub struct Pending {
    role: LayerRole,
    /// Paths of its files and links, in order.
    files: Arc<[String]>,
    /// The layer of an earlier build, or what to pack.
    pub found: Lookup,
}

impl LayerMaker<'_> {
    /// Looks for the layer that an earlier build made of `tree`; every tree is new where nothing is remembered.
    pub fn find(&self, role: LayerRole, tree: FileTree, run: Run<'_>) -> Result<Pending, BuildError> {
        let SourceEnv { epoch, staging, .. } = *self.at;
        let files = files(&tree);
        let found = match self.earlier.kept() {
            Some(Kept { cache, .. }) => {
                let known = (cache, &**self.earlier.facts());
                layer_cache::find_cached(tree, epoch, run, known, staging.keeps())?
            }
            None => {
                let shape = TreeShape::of(&tree, epoch);
                Lookup::Miss(tree, shape)
            }
        };
        Ok(Pending { role, files, found })
    }

    /// Counts what will be read of a layer that has to be packed.
    pub fn expect(&self, pending: &Pending) {
        if let Lookup::Miss(tree, _) = &pending.found {
            let bytes = tree.files().map(|(_, content)| content.size()).sum();
            self.at.run.meter.expect(Phase::Read, bytes);
        }
    }

    /// Makes a layer: what was found is taken, what is new is packed and sent early.
    pub fn make(&self, pending: Pending, run: Run<'_>) -> Result<NewLayer, BuildError> {
        let Pending { role, files, found } = pending;
        let (packed, layer) = match found {
            Lookup::Hit(packed, layer) => (packed, layer),
            Lookup::Miss(tree, shape) => {
                let (packed, layer) = self.pack(role, &tree, shape, run)?;
                self.send_early(&layer);
                (packed, layer)
            }
        };
        Ok(NewLayer { report: LayerReport { role, files, packed }, layer })
    }

    /// Sends a layer early, new or of an earlier build, if it is known what it holds.
    pub fn send_early(&self, layer: &Layer) {
        if self.surveyed
            && let Some(survey) = self.earlier.surveys().find(layer.descriptor.digest)
        {
            self.early.layer(layer, &survey);
        }
    }

    /// Packs a layer: its digests, and where its bytes are.
    fn pack(
        &self,
        role: LayerRole,
        tree: &FileTree,
        shape: TreeShape,
        run: Run<'_>,
    ) -> Result<(Packed, Layer), BuildError> {
        let SourceEnv { staging, epoch, .. } = *self.at;
        let earlier = self.earlier;
        let reuse = earlier.kept().map(|kept| kept.segments.layer());
        let (packing, source) = staging.write(|out, file| {
            reuse.iter().for_each(|reuse| reuse.reads_from(file));
            let reuse = reuse.as_ref().map(|reuse| reuse as &dyn Reuse);
            let mut pack = |witness| pack::pack(tree, epoch, run, reuse, witness, out);
            if !self.surveyed {
                return Ok::<_, BuildError>(pack(None)?);
            }
            let (key, surveys) = (previous_layer::key(self.root, role.name()), earlier.surveys());
            let previous = PreviousLayer::of(tree, earlier.facts(), surveys, key);
            let packing = surveys.survey_while_packing(move |entry| previous.facts(entry), pack)?;
            PreviousLayer::keep(&packing, surveys, key);
            Ok(packing)
        })?;
        if let Some(Kept { cache, .. }) = earlier.kept() {
            for ((_, content), key) in tree.files().zip(&packing.contents) {
                content.learn_key(*key, earlier.facts());
            }
            cache.keep_layer(shape, &packing, staging.keeps().then_some(&*source));
        }
        reuse.into_iter().for_each(|reuse| reuse.keep(packing.packed.digest));
        Ok((packing.packed, layer_cache::layer(packing.packed, source)))
    }
}

/// The paths of a tree that are not directories.
fn files(tree: &FileTree) -> Arc<[String]> {
    let entries = tree.iter().filter(|(_, node)| !matches!(node, Node::Dir { .. }));
    entries.map(|(path, _)| path.to_string()).collect()
}
