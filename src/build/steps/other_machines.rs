//! `Others`: what other machines made of the same step, and what they get of this one.

use std::sync::Arc;

use super::made::MadeStep;
use super::wanted::Wanted;
use crate::build::earlier_builds::EarlierBuilds;
use crate::build::error::BuildError;
use crate::build::options::BuildOptions;
use crate::build::shared_layers::{self, Answer, Sharable};
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

    /// What another machine made of the same; or what it says it made, where that must be verified.
    pub fn find(&self, wanted: &Wanted<'_>) -> (Option<MadeStep>, Option<Arc<Found>>) {
        let Some((cache, name)) = self.earlier.shared().zip(self.name(wanted)) else {
            return (None, None);
        };
        match shared_layers::ask(cache, name, self.earlier.surveys(), self.at, None) {
            None => (None, None),
            Some(Answer::Verify(found)) => (None, Some(found)),
            Some(Answer::Take(found)) => {
                // A configuration is only read if its table is that of a tree.
                let Ok(tree) = table::tree(&found.config.files) else { return (None, None) };
                let (packed, warnings) = (found.config.packed, found.config.warnings.clone());
                let record = StepRecord { packed, entries: StepRecord::entries(&tree), warnings };
                let layer = shared_layers::layer(cache, &found, self.earlier.surveys(), self.at);
                (Some(MadeStep::of(&wanted.step.name, record, layer).taken()), None)
            }
        }
    }

    /// Compares a step with what another machine says it made of the same, and lets others have it: at once, where no
    /// secret is in it, for they may be about to run it.
    pub fn compare_and_offer(
        &self,
        wanted: &Wanted<'_>,
        made: &MadeStep,
        claimed: Option<&Found>,
    ) -> Result<(), BuildError> {
        let Some((cache, name)) = self.earlier.shared().zip(self.name(wanted)) else { return Ok(()) };
        let (step, surveys, epoch) = (&wanted.step.name, self.earlier.surveys(), self.at.epoch);
        if let Some(claimed) = claimed {
            let what = format!("step `{step}`");
            shared_layers::compare(&what, claimed, cache, made.layer(), (surveys, epoch))?;
        }
        if cache.writes_to().is_some() && !self.options.dry_run {
            // What is made again to compare is wanted twice.
            let sharable = Sharable { is_new: claimed.is_none(), ..made.sharable(name, step) };
            if sharable.is_clear(surveys) {
                sharable.offer(cache, surveys, epoch, self.at.run);
            }
        }
        Ok(())
    }
}
