//! `StepLayer`: what a step made, now or before, as a part of the images.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::blob::step_tree;
use crate::arch::Arch;
use crate::build::built::{LayerReport, StepReport};
use crate::build::cpu_slots::CpuSlots;
use crate::build::error::BuildError;
use crate::build::layer_role::LayerRole;
use crate::build::layers::NewLayer;
use crate::build::shared_layers::Sharable;
use crate::build::single_flight::SingleFlight;
use crate::image::{BlobSource, Layer};
use crate::key::Key;
use crate::registry_cache::{EntryName, RegistryCache, table};
use crate::step::{Cause, StepRecord};
use crate::store::{Staging, layer_cache};
use crate::tree::{Clash, FileTree};

/// Steps that were made in this process, by their keys: equal steps of many functions run once.
pub struct StepRuns {
    /// By their keys.
    pub made: SingleFlight<Key, Arc<MadeStep>>,
    /// What commands print that say a version.
    pub said: SingleFlight<Key, Vec<u8>>,
    /// How many commands run at once.
    pub commands: CpuSlots,
    /// Steps that ran ahead of their functions, by their keys, with what went wrong; the first function that has a step
    /// takes this over.
    pub ahead: Mutex<BTreeMap<Key, Option<BuildError>>>,
}

impl StepRuns {
    /// As many commands run at once as `commands` has slots.
    pub fn new(commands: CpuSlots) -> Self {
        Self {
            made: SingleFlight::default(),
            said: SingleFlight::default(),
            commands,
            ahead: Mutex::default(),
        }
    }

    /// Forgets steps of the registry cache whose bytes could not be had.
    pub fn forget_distrusted(&self, cache: &RegistryCache) {
        let layer = |made: &MadeStep| made.layer.as_ref().map(|layer| layer.descriptor.digest);
        self.made.retain(|made| !layer(made).is_some_and(|layer| cache.distrusts_layer(layer)));
    }
}

/// What a step made, now or before.
pub struct MadeStep {
    /// What is remembered of it.
    record: StepRecord,
    /// Its layer, where it made one.
    layer: Option<Layer>,
    /// Its files at their paths in the image.
    tree: FileTree,
    /// Why it ran; none, where it is remembered.
    pub cause: Option<Cause>,
    /// Whether another machine made it.
    taken: bool,
    /// What it opened and does not declare, where that was looked at.
    undeclared: Option<BTreeSet<PathBuf>>,
    /// Holds the bytes of the layer where the cache does not.
    _staging: Option<Arc<Staging>>,
}

impl MadeStep {
    /// The step of this name, of which `record` tells, and `source` has the bytes of the layer.
    pub fn of(name: &str, record: StepRecord, source: Option<Arc<dyn BlobSource>>) -> Self {
        let layer = record.packed.zip(source).map(|(packed, source)| layer_cache::layer(packed, source));
        let tree = match &layer {
            Some(layer) => step_tree(name, &record.entries, &layer.source),
            None => FileTree::new(),
        };
        Self { record, layer, tree, cause: None, taken: false, undeclared: None, _staging: None }
    }

    /// The same, which has the bytes of its layer as long as `staging` lives.
    pub fn held(self, staging: Option<Arc<Staging>>) -> Self {
        Self { _staging: staging, ..self }
    }

    /// The same, which another machine made.
    pub fn taken(self) -> Self {
        Self { taken: true, ..self }
    }

    /// Whether another machine made it.
    pub fn is_taken(&self) -> bool {
        self.taken
    }

    /// What other machines can have of it, which they call `name`; `step` is its own name.
    pub fn sharable(&self, name: EntryName, step: &str) -> Sharable {
        Sharable {
            name,
            role: step.to_owned(),
            files: table::rows(&self.tree),
            warnings: self.record.warnings.clone(),
            layer: self.record.packed.zip(self.layer.clone()),
            // What is made again on purpose is not made twice by chance.
            is_new: !matches!(self.cause, None | Some(Cause::Asked | Cause::Compared)),
        }
    }

    /// The same, which ran because of `cause`, and opened what it does not declare.
    pub fn ran(self, cause: Cause, undeclared: Option<BTreeSet<PathBuf>>) -> Self {
        Self { cause: Some(cause), undeclared, ..self }
    }
}

/// What a step made, as a part of the images.
pub struct StepLayer {
    name: Arc<str>,
    /// The architecture that alone has it.
    pub arch: Option<Arch>,
    made: Arc<MadeStep>,
    /// Why it ran for this function first.
    ran: Option<Cause>,
    /// What other machines call it, where anything is shared with them.
    shared: Option<EntryName>,
}

impl StepLayer {
    /// Of a step that was made; `ran` says why it ran, where it did so for this function first, and `shared` what other
    /// machines call it.
    pub fn of(
        name: &str,
        arch: Option<Arch>,
        made: Arc<MadeStep>,
        ran: Option<Cause>,
        shared: Option<EntryName>,
    ) -> Self {
        Self { name: name.into(), arch, made, ran, shared }
    }

    /// Its files at their paths in the image.
    pub fn tree(&self) -> &FileTree {
        &self.made.tree
    }

    /// The bytes of its tar.
    pub fn tar_size(&self) -> u64 {
        self.made.record.packed.map(|packed| packed.tar_size).unwrap_or_default()
    }

    /// What the user should know of it.
    pub fn warnings(&self) -> &[String] {
        &self.made.record.warnings
    }

    /// Its layer, where it made one.
    pub fn layer(&self) -> Option<NewLayer> {
        let (layer, packed) = (self.made.layer.clone()?, self.made.record.packed?);
        let files = self.tree().names();
        let step = Some(Arc::clone(&self.name));
        let report = LayerReport { role: LayerRole::Step, step, arch: self.arch, files, packed };
        Some(NewLayer { report, layer, sharable: None })
    }

    /// What other machines can have of it.
    pub fn sharable(&self) -> Option<Sharable> {
        Some(self.made.sharable(self.shared?, &self.name))
    }

    /// Distrusts it, if another machine made it, and it is a part of a clash.
    pub fn distrust_for(&self, clash: &Clash, cache: &RegistryCache) {
        let (Clash::Claimed { path, .. } | Clash::Compare { path, .. }) = clash;
        if let (true, Some(name), Some(layer)) = (self.made.taken, self.shared, &self.made.layer)
            && self.tree().get(path).is_some()
        {
            cache.distrust_taken((name, layer.descriptor.digest), clash);
        }
    }

    /// What became of it.
    pub fn report(&self) -> StepReport {
        StepReport {
            name: Arc::clone(&self.name),
            arch: self.arch,
            ran: self.ran.clone(),
            taken: self.made.taken,
            layer: self.made.record.packed.map(|packed| packed.digest),
            undeclared: self.made.undeclared.clone(),
        }
    }
}

/// The layers of an image in their order: those of steps lie on what functions share, and below dependencies and code.
pub fn between(mut layers: Vec<NewLayer>, steps: &[StepLayer]) -> Vec<NewLayer> {
    layers.extend(steps.iter().filter_map(StepLayer::layer));
    layers.sort_by_key(|layer| layer.report.role);
    layers
}
