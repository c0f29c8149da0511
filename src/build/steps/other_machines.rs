//! `Others`: what other machines made of the same step, and what they get of this one.

use std::sync::Arc;

use super::made::MadeStep;
use super::wanted::Wanted;
use crate::build::earlier_builds::EarlierBuilds;
use crate::build::error::BuildError;
use crate::build::options::BuildOptions;
use crate::build::shared_layers::{self, Expected};
use crate::registry_cache::{EntryKind, EntryName, Found, table};
use crate::source::SourceEnv;
use crate::step::StepRecord;

/// The other machines, as the steps of a build see them.
pub struct Others<'a> {
    /// How the function is built.
    pub options: &'a BuildOptions,
    /// Where layers are made.
    pub at: &'a SourceEnv<'a>,
    /// What earlier builds made.
    pub earlier: &'a EarlierBuilds,
}

impl Others<'_> {
    /// What other machines call a step, where anything is shared with them.
    pub fn name(&self, wanted: &Wanted<'_>) -> Option<EntryName> {
        self.earlier.shared()?;
        let key = wanted.declared.shared_key(&wanted.step.place());
        Some(EntryName { kind: EntryKind::Step, key })
    }

    /// What other machines say they made of the same, where that is compared with what is made here.
    ///
    /// # Errors
    /// [`BuildError::SharedLayer`]: a repository cannot be asked.
    pub fn to_compare(&self, wanted: &Wanted<'_>) -> Result<Vec<Arc<Found>>, BuildError> {
        let Some((cache, name)) = self.earlier.shared().zip(self.name(wanted)) else { return Ok(Vec::new()) };
        Ok(shared_layers::to_compare(&called(wanted), cache, name, self.at)?)
    }

    /// What another machine made of the same.
    pub fn take(&self, wanted: &Wanted<'_>) -> Option<MadeStep> {
        let (cache, name) = self.earlier.shared().zip(self.name(wanted))?;
        let (surveys, to) = (self.earlier.surveys(), wanted.expanded.to.as_ref());
        let found = shared_layers::take(cache, name, surveys, self.at, Expected::Below(to))?;
        // A configuration is only read if its table is that of a tree.
        let tree = table::tree(&found.config.files).ok()?;
        let (packed, warnings) = (found.config.packed, found.config.warnings.clone());
        let record = StepRecord { packed, entries: StepRecord::entries(&tree), warnings };
        let layer = shared_layers::layer(cache, &found, surveys, self.at);
        Some(MadeStep::of(&wanted.step.name, record, layer).taken())
    }

    /// Compares a step with what other machines say they made of the same.
    ///
    /// # Errors
    /// [`BuildError::SharedLayer`].
    pub fn compare(
        &self,
        wanted: &Wanted<'_>,
        made: &MadeStep,
        claimed: &[Arc<Found>],
    ) -> Result<(), BuildError> {
        let Some(cache) = self.earlier.shared() else { return Ok(()) };
        for claimed in claimed {
            let sharable = made.sharable(claimed.name, &wanted.step.name);
            let with = (self.earlier.surveys(), self.at);
            shared_layers::compare(&called(wanted), claimed, cache, &sharable, with)?;
        }
        Ok(())
    }

    /// Lets others have a step that ran: at once, where no secret is in it, for they may be about to run it.
    pub fn offer(&self, wanted: &Wanted<'_>, made: &MadeStep) {
        let Some((cache, name)) = self.earlier.shared().zip(self.name(wanted)) else { return };
        let (surveys, epoch) = (self.earlier.surveys(), self.at.epoch);
        if cache.writes_to().is_some() && !self.options.dry_run {
            let sharable = made.sharable(name, &wanted.step.name);
            if sharable.is_clear(surveys) {
                sharable.offer(cache, surveys, epoch, self.at.run);
            }
        }
    }
}

/// What errors call a step.
fn called(wanted: &Wanted<'_>) -> String {
    format!("step `{}`", wanted.step.name)
}
