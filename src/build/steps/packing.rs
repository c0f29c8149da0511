//! `Packing`: makes a layer of what a step wrote, and remembers it.

use std::sync::Arc;

use super::made::MadeStep;
use super::wanted::Wanted;
use crate::build::cpu_slots::CpuSlots;
use crate::build::earlier_builds::EarlierBuilds;
use crate::build::early_push::EarlyPush;
use crate::build::error::{BuildError, FunctionError};
use crate::build::layer_role::LayerRole;
use crate::build::layers::LayerMaker;
use crate::build::names;
use crate::build::options::BuildOptions;
use crate::family;
use crate::input::{self, InputError};
use crate::runtime::Family;
use crate::source::SourceEnv;
use crate::step::{StepError, StepRecord};
use crate::store::Staging;
use crate::store::cache::{RecordKind, Workplace};
use crate::tree::file_facts::Facts;
use crate::tree::{FileTree, ImagePath, Node};

/// How what steps wrote becomes layers.
pub struct Packing<'a> {
    /// How the function is built.
    pub options: &'a BuildOptions,
    /// The family of its runtime, whose rules say what is rewritten.
    pub family: Family,
    /// Where layers are made.
    pub at: &'a SourceEnv<'a>,
    /// What earlier builds made.
    pub earlier: &'a EarlierBuilds,
    /// What may compute at once.
    pub cpu: &'a CpuSlots,
    /// Where new layers are sent at once.
    pub early: &'a EarlyPush<'a>,
}

impl Packing<'_> {
    /// Packs what a step wrote, and remembers it.
    pub fn pack(&self, wanted: &Wanted<'_>, place: &Workplace) -> Result<MadeStep, BuildError> {
        let facts = Facts::default();
        let (tree, warnings) = self.cpu.one(self.at.run, |_| self.files(wanted, place, &facts))?;
        let entries = StepRecord::entries(&tree);
        let (mut record, mut source, mut staging) =
            (StepRecord { packed: None, entries, warnings }, None, None);
        if !tree.is_empty() {
            // What is remembered needs its bytes, whatever this build does with them.
            if !self.at.staging.keeps() {
                staging = Some(Arc::new(Staging::inside(&self.options.temp_dir)?));
            }
            let at = SourceEnv { staging: staging.as_deref().unwrap_or(self.at.staging), ..*self.at };
            let root = wanted.step.dir().join(&wanted.step.name);
            let (earlier, early, surveyed) = (self.earlier, self.early, self.options.check.is_some());
            let maker = LayerMaker { at: &at, earlier, facts: &facts, root: &root, surveyed, early };
            let new = self.cpu.all(self.at.run, |run| {
                let pending = maker.find(LayerRole::Step, tree, run)?;
                maker.expect(&pending);
                maker.make(pending, run)
            })?;
            record.packed = Some(new.report.packed);
            source = Some(new.layer.source);
        }
        self.keep(wanted, &record);
        Ok(MadeStep::of(&wanted.step.name, record, source).held(staging))
    }

    /// What a step wrote, at its paths in the image and fit for fixed times; and what the user should know of it.
    fn files(
        &self,
        wanted: &Wanted<'_>,
        place: &Workplace,
        facts: &Facts,
    ) -> Result<(FileTree, Vec<String>), BuildError> {
        let step = wanted.step.name.clone();
        let (mut tree, mut warnings) = match input::collect_plain(place.path(), self.at.run.jobs) {
            Ok(collected) => (collected.tree, collected.warnings),
            Err(InputError::Empty(_)) => return Ok((FileTree::new(), Vec::new())),
            Err(source) => return Err(StepError::Output { step, source }.into()),
        };
        if let Some(to) = &wanted.expanded.to {
            tree = tree.below(to).map_err(FunctionError::from)?;
        }
        for path in ["tmp", "var/tmp"] {
            let path = ImagePath::new(path).map_err(FunctionError::from)?;
            if matches!(tree.get(&path), Some(Node::Dir { .. })) {
                tree.replace(&path, Node::Dir { sticky: true });
            }
        }
        names::check(&tree)?;
        let rules = family::rules(self.family);
        let prepared = rules.prepare(&mut tree, self.at.epoch, facts);
        warnings.extend(prepared.map_err(FunctionError::from)?);
        let shown = place.path().display().to_string();
        let warnings = warnings.iter().map(|text| text.replace(&format!("{shown}/"), "")).collect::<Vec<_>>();
        Ok((tree, warnings.into_iter().map(|text| format!("step `{step}`: {text}")).collect()))
    }

    fn keep(&self, wanted: &Wanted<'_>, record: &StepRecord) {
        let Some(kept) = self.earlier.kept() else { return };
        if let Some(bytes) = record.to_bytes() {
            kept.cache.keep_memo(RecordKind::Step, wanted.declared.key(), &bytes);
        }
    }
}
