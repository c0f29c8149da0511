//! From the trees of the new layers to layers: remembered where they were made before, else packed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::early_push::Ahead;
use super::error::BuildError;
use super::fleet::shared::Shared;
use super::{LayerReport, LayerRole};
use crate::context::Context;
use crate::examine::previous_layer::{self, PreviousLayer};
use crate::examine::surveys::Surveys;
use crate::image::Layer;
use crate::pack::{self, Packed, Reuse, TreeShape};
use crate::progress::Phase;
use crate::source::Workplace;
use crate::store::cache::{Cache, CachedBlocks};
use crate::store::layer_cache::{self, Found};
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, Node};

/// What earlier builds left: nothing where the user wants everything made anew.
pub struct Memory {
    kept: Option<Kept>,
    facts: Arc<Facts>,
    /// What facts are about: the function, or where a fleet is.
    root: PathBuf,
}

struct Kept {
    cache: Cache,
    blocks: CachedBlocks,
}

impl Memory {
    pub fn of(root: PathBuf, started_at: i64, no_cache: bool, context: &Context) -> Self {
        if no_cache {
            return Self { kept: None, facts: Arc::default(), root };
        }
        let cache = context.cache.clone();
        Self {
            facts: cache.facts(&root, started_at).into(),
            kept: Some(Kept { blocks: cache.blocks(), cache }),
            root,
        }
    }

    pub fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Keeps what this build learned.
    pub fn keep(&self) {
        if let Some(kept) = &self.kept {
            kept.cache.keep_facts(&self.root, &self.facts);
        }
    }
}

/// Makes the layers of a function.
pub struct LayerMaker<'a> {
    /// Where they are made.
    pub at: &'a Workplace<'a>,
    /// What other functions made, and earlier builds.
    pub shared: &'a Shared,
    /// The function.
    pub root: &'a Path,
    /// Whether new layers are surveyed while they are packed.
    pub surveyed: bool,
    /// Where new layers are sent.
    pub ahead: &'a Ahead<'a>,
}

/// A tar of as many bytes is worth all threads; smaller ones are packed beside each other.
const LARGE: u64 = 8 << 20;

impl LayerMaker<'_> {
    /// Makes the layers of `trees`, lowest first: those that earlier builds, or other functions, made are
    /// remembered, the others packed, surveyed, and sent ahead.
    pub fn make(&self, trees: Vec<(LayerRole, FileTree)>) -> Result<Vec<(LayerReport, Layer)>, BuildError> {
        if self.shared.is_fleet() {
            return trees.into_iter().map(|(part, tree)| self.make_once(part, tree)).collect();
        }
        let found = trees
            .into_iter()
            .map(|(part, tree)| Ok((part, files(&tree), find_cached(tree, self.at, &self.shared.memory)?)))
            .collect::<Result<Vec<_>, BuildError>>()?;
        found.iter().for_each(|(.., found)| self.expect(found, self.at));
        if found.iter().any(|(.., found)| matches!(found, Found::New(..))) {
            self.ahead.begin();
            for (.., found) in &found {
                if let Found::Made(_, layer) = found {
                    self.send_ahead(layer);
                }
            }
        }
        let make = |(part, files, found)| {
            let (packed, layer) = self.made(part, found, self.at)?;
            Ok((LayerReport { part, files, packed }, layer))
        };
        found.into_iter().map(make).collect()
    }

    /// Makes a layer, unless another function did.
    fn make_once(&self, part: LayerRole, tree: FileTree) -> Result<(LayerReport, Layer), BuildError> {
        let (at, shared) = (self.at, self.shared);
        let mut first = false;
        let (_, mut report, layer) = shared.layers.get(tree.identity(), || {
            first = true;
            let files = files(&tree);
            let make = |run| {
                let at = &Workplace { run, ..*at };
                // An equal tree of another function may be packed by now: it is the cache that knows.
                let found = find_cached(tree.clone(), at, &shared.memory)?;
                self.expect(&found, at);
                let (packed, layer) = self.made(part, found, at)?;
                Ok::<_, BuildError>((tree.clone(), LayerReport { part, files, packed }, layer))
            };
            match pack::tar_size(&tree) >= LARGE {
                true => shared.compute_alone(at.run, make),
                false => shared.compute(at.run, make),
            }
        })?;
        if !first {
            at.run.meter.spared(report.packed.tar_size, report.packed.size);
        }
        report.part = part;
        Ok((report, layer))
    }

    /// Counts what will be read of a layer that has to be packed.
    fn expect(&self, found: &Found, at: &Workplace<'_>) {
        if let Found::New(tree, _) = found {
            at.run.meter.expect(Phase::Read, tree.files().map(|(_, content)| content.size()).sum());
        }
    }

    /// What was found, else packed and sent ahead.
    fn made(&self, part: LayerRole, found: Found, at: &Workplace<'_>) -> Result<(Packed, Layer), BuildError> {
        let (tree, shape) = match found {
            Found::Made(packed, layer) => return Ok((packed, layer)),
            Found::New(tree, shape) => (tree, shape),
        };
        let surveys = self.surveyed.then_some(&self.shared.surveys);
        let (packed, layer) = pack_new((self.root, part), &tree, shape, at, &self.shared.memory, surveys)?;
        self.send_ahead(&layer);
        Ok((packed, layer))
    }

    /// Sends a layer ahead, new or of an earlier build, if it is known what it holds.
    fn send_ahead(&self, layer: &Layer) {
        if self.surveyed
            && let Some(survey) = self.shared.surveys.find(layer.descriptor.digest)
        {
            self.ahead.layer(layer, &survey);
        }
    }
}

/// The paths of a tree that are no directories.
fn files(tree: &FileTree) -> Arc<[String]> {
    let entries = tree.iter().filter(|(_, node)| !matches!(node, Node::Dir { .. }));
    entries.map(|(path, _)| path.to_string()).collect()
}

/// The layer that an earlier build made of `tree`; new is everything where nothing is remembered.
fn find_cached(tree: FileTree, at: &Workplace<'_>, memory: &Memory) -> Result<Found, BuildError> {
    Ok(match &memory.kept {
        Some(Kept { cache, .. }) => {
            let known = (cache, &*memory.facts);
            layer_cache::find_cached(tree, at.epoch, at.run, known, at.staging.keeps())?
        }
        None => {
            let shape = TreeShape::of(&tree, at.epoch);
            Found::New(tree, shape)
        }
    })
}

/// Packs a layer: its digests, and where its bytes are.
fn pack_new(
    (root, part): (&Path, LayerRole),
    tree: &FileTree,
    shape: TreeShape,
    at: &Workplace<'_>,
    memory: &Memory,
    surveys: Option<&Surveys>,
) -> Result<(Packed, Layer), BuildError> {
    let kept = memory.kept.as_ref();
    let reuse = kept.map(|kept| &kept.blocks as &dyn Reuse);
    let (packing, source) = at.staging.write(|out| {
        let mut pack = |witness| pack::pack(tree, at.epoch, at.run, reuse, witness, out);
        let packing = match surveys {
            Some(surveys) => {
                let key = previous_layer::key(root, part.name());
                let previous = PreviousLayer::of(tree, &memory.facts, surveys, key);
                let packing = surveys.survey_while_packing(move |entry| previous.facts(entry), pack)?;
                PreviousLayer::keep(&packing, surveys, key);
                packing
            }
            None => pack(None)?,
        };
        Ok::<_, BuildError>(packing)
    })?;
    if let Some(Kept { cache, .. }) = kept {
        for ((_, content), key) in tree.files().zip(&packing.contents) {
            content.learn_key(*key, &memory.facts);
        }
        cache.keep_layer(shape, &packing, at.staging.keeps().then_some(&*source));
    }
    Ok((packing.packed, layer_cache::layer(packing.packed, source)))
}
