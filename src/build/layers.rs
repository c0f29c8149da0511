//! Makes the new layers: each comes from the cache, or is packed.

use std::path::Path;
use std::sync::Arc;

use super::built::LayerReport;
use super::earlier_builds::{EarlierBuilds, Kept};
use super::early_push::{EarlyPush, LayerAhead};
use super::error::BuildError;
use super::layer_role::LayerRole;
use super::shared_layers::{self, Expected, Sharable, WORTH_SHARING};
use crate::examine::previous_layer::{self, PreviousLayer};
use crate::image::Layer;
use crate::key::Key;
use crate::pack::{self, Packed, Reuse, TreeShape};
use crate::progress::Phase;
use crate::registry_cache::{EntryKind, EntryName, Found, RegistryCache, table};
use crate::source::{self, SourceEnv};
use crate::store::layer_cache::{self, Lookup};
use crate::store::{FileError, Staging};
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, ImagePath};
use crate::work::Run;

/// A tar of as many bytes is sent while it is packed; one that is smaller is sooner packed than asked about.
const STREAMED: u64 = 8 << 20;

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

    /// Forgets layers of the registry cache whose bytes could not be had.
    fn forget_distrusted(&self, _cache: &RegistryCache) {}
}

/// A layer that was made, or remembered.
#[derive(Clone)]
pub struct NewLayer {
    /// The report about the layer.
    pub report: LayerReport,
    /// The layer.
    pub layer: Layer,
    /// What other machines can have of it.
    pub sharable: Option<Arc<Sharable>>,
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
    /// What is known of the files that layers are made of.
    pub facts: &'a Facts,
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
    files: Arc<[ImagePath]>,
    /// The layer of an earlier build, or what to pack.
    pub found: Lookup,
    /// What it is made of, where it is worth sharing.
    shared: Option<FileTree>,
    /// The key of that, where it is known.
    key: Option<Key>,
    /// What registries have of it, to be compared with what is packed.
    claimed: Vec<Arc<Found>>,
}

impl LayerMaker<'_> {
    /// Looks for the layer that an earlier build made of `tree`; every tree is new where nothing is remembered.
    pub fn find(&self, role: LayerRole, tree: FileTree, run: Run<'_>) -> Result<Pending, BuildError> {
        let SourceEnv { epoch, staging, .. } = *self.at;
        let files = tree.names();
        let is_shared = role != LayerRole::Step && self.earlier.shared().is_some();
        let shared = (is_shared && pack::tar_size(&tree) >= WORTH_SHARING).then(|| tree.clone());
        let found = match self.earlier.kept() {
            Some(Kept { cache, .. }) => {
                let known = (cache, self.facts);
                layer_cache::find_cached(tree, epoch, run, known, staging.keeps())?
            }
            None => {
                let shape = TreeShape::of(&tree, epoch);
                Lookup::Miss(tree, shape)
            }
        };
        let mut pending = Pending { role, files, found, shared, key: None, claimed: Vec::new() };
        self.ask(&mut pending, run)?;
        Ok(pending)
    }

    /// Looks for a layer that has to be packed in the registry cache, and for one that is compared.
    fn ask(&self, pending: &mut Pending, run: Run<'_>) -> Result<(), BuildError> {
        let Some(tree) = &pending.shared else { return Ok(()) };
        let Some(cache) = self.earlier.shared().filter(|cache| cache.reads()) else { return Ok(()) };
        let shape = match &pending.found {
            Lookup::Miss(_, shape) => *shape,
            Lookup::Hit(..) if cache.compares() => TreeShape::of(tree, self.at.epoch),
            Lookup::Hit(..) => return Ok(()),
        };
        let key = shape.layer_key(tree, self.facts, run)?.whole;
        pending.key = Some(key);
        let (name, surveys) = (EntryName { kind: EntryKind::Layer, key }, self.earlier.surveys());
        let at = SourceEnv { run, ..*self.at };
        pending.claimed = shared_layers::to_compare(pending.role.name(), cache, name, &at)?;
        if pending.claimed.is_empty()
            && matches!(pending.found, Lookup::Miss(..))
            && let Some(found) = shared_layers::take(cache, name, surveys, &at, Expected::Files(tree))
        {
            let layer = shared_layers::layer(cache, &found, surveys, &at);
            if let Some((layer, packed)) = layer.zip(found.config.packed) {
                pending.found = Lookup::Hit(packed, layer_cache::layer(packed, layer));
            }
        }
        Ok(run.check()?)
    }

    /// What other machines can have of a layer, and what is compared with what they say.
    fn sharable(
        &self,
        (role, tree, key): (LayerRole, Option<FileTree>, Option<Key>),
        (packed, layer, is_new): (Packed, &Layer, bool),
        run: Run<'_>,
    ) -> Result<Option<Arc<Sharable>>, BuildError> {
        let writes = self.earlier.shared().is_some_and(|cache| cache.writes_to().is_some());
        let Some(tree) = tree.filter(|_| writes || key.is_some()) else { return Ok(None) };
        let key = match key {
            Some(key) => key,
            None => TreeShape::of(&tree, self.at.epoch).layer_key(&tree, self.facts, run)?.whole,
        };
        Ok(Some(Arc::new(Sharable {
            name: EntryName { kind: EntryKind::Layer, key },
            role: role.name().to_owned(),
            files: table::rows(&tree),
            warnings: Vec::new(),
            layer: Some((packed, layer.clone())),
            is_new,
        })))
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
        let Pending { role, files, found, shared, key, claimed } = pending;
        let is_new = matches!(found, Lookup::Miss(..)) && claimed.is_empty();
        let (packed, layer) = match found {
            Lookup::Hit(packed, layer) => (packed, layer),
            Lookup::Miss(tree, shape) => {
                let (packed, layer, ahead) = self.pack(role, &tree, shape, run)?;
                self.send_early(&layer, ahead);
                (packed, layer)
            }
        };
        let sharable = self.sharable((role, shared, key), (packed, &layer, is_new), run)?;
        if let (Some(cache), Some(made)) = (self.earlier.shared(), &sharable) {
            let at = SourceEnv { run, ..*self.at };
            for claimed in &claimed {
                shared_layers::compare(role.name(), claimed, cache, made, (self.earlier.surveys(), &at))?;
            }
        }
        Ok(NewLayer { report: LayerReport { role, step: None, arch: None, files, packed }, layer, sharable })
    }

    /// Sends a layer early, new or of an earlier build, if it is known what it holds. `ahead` is what was sent of it
    /// while it was packed.
    pub fn send_early(&self, layer: &Layer, ahead: Option<LayerAhead>) {
        if self.surveyed
            && let Some(survey) = self.earlier.surveys().of_layer(layer)
        {
            self.early.layer(layer, &survey, ahead);
        }
    }

    /// Packs a layer: its digests, where its bytes are, and what was sent of them meanwhile.
    fn pack(
        &self,
        role: LayerRole,
        tree: &FileTree,
        shape: TreeShape,
        run: Run<'_>,
    ) -> Result<(Packed, Layer, Option<LayerAhead>), BuildError> {
        let SourceEnv { staging, epoch, .. } = *self.at;
        let (earlier, tar_size) = (self.earlier, pack::tar_size(tree));
        let reuse = earlier.kept().map(|kept| kept.segments.layer());
        let mut ahead = None;
        let (packing, source) = staging.write(|out, file| {
            reuse.iter().for_each(|reuse| reuse.reads_from(file));
            let reuse = reuse.as_ref().map(|reuse| reuse as &dyn Reuse);
            let mut pack = |witness| pack::pack(tree, epoch, run, reuse, witness, out);
            if !self.surveyed {
                return Ok::<_, BuildError>(pack(None)?);
            }
            let (key, surveys) = (previous_layer::key(self.root, role.name()), earlier.surveys());
            let previous = PreviousLayer::of(tree, self.facts, surveys, key);
            if let Some(file) = file.filter(|_| tar_size >= STREAMED) {
                ahead = self.early.growing(file, 2 * tar_size);
            }
            let growing = ahead.as_ref().map(|ahead| Arc::clone(ahead.growing()));
            let packing = surveys.survey_while_packing(move |entry| previous.facts(entry), growing, pack)?;
            PreviousLayer::keep(&packing, surveys, key);
            Ok(packing)
        })?;
        if let Some(Kept { cache, .. }) = earlier.kept() {
            for ((_, content), key) in tree.files().zip(&packing.contents) {
                content.learn_key(*key, self.facts);
            }
            cache.keep_layer(shape, &packing, staging.keeps().then_some(&*source));
        }
        reuse.into_iter().for_each(|reuse| reuse.keep(packing.packed.digest));
        Ok((packing.packed, layer_cache::layer(packing.packed, source), ahead))
    }
}
