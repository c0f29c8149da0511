//! `Others`: what other machines made of the same step, and what they get of this one.

use std::sync::Arc;

use super::made::MadeStep;
use super::shared;
use super::wanted::Wanted;
use crate::build::earlier_builds::EarlierBuilds;
use crate::build::error::BuildError;
use crate::build::options::BuildOptions;
use crate::build::shared_layers;
use crate::image::BlobSource;
use crate::registry_cache::{EntryKind, EntryLayer, EntryName, Found};
use crate::source::SourceEnv;

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
        let Some(found) = cache.find(name, self.at.run.interrupted) else { return (None, None) };
        if cache.verifies(name.key) {
            return (None, Some(found));
        }
        shared_layers::learn(&found, self.earlier.surveys(), self.at.epoch);
        if let Some(packed) = found.config.packed {
            self.at.run.meter.spared(packed.tar_size, packed.size);
        }
        let source = EntryLayer::of(cache, &found).map(|layer| Arc::new(layer) as Arc<dyn BlobSource>);
        let made = MadeStep::of(&wanted.step.name, shared::record(&found), source);
        (Some(made.shared(Some(name))), None)
    }

    /// Compares a step with what another machine says it made of the same, and lets others have it: at once, where no
    /// secret is in it, for they may be about to run it.
    pub fn compare_and_offer(
        &self,
        wanted: &Wanted<'_>,
        made: &MadeStep,
        claimed: Option<&Found>,
    ) -> Result<(), BuildError> {
        let Some(cache) = self.earlier.shared() else { return Ok(()) };
        let (name, surveys, epoch) = (&wanted.step.name, self.earlier.surveys(), self.at.epoch);
        if let Some(claimed) = claimed {
            let what = format!("step `{name}`");
            shared_layers::compare(&what, claimed, cache, made.layer(), (surveys, epoch))?;
        }
        if let Some(sharable) = made.sharable(name).filter(|sharable| sharable.is_clear(surveys))
            && !self.options.dry_run
        {
            sharable.offer(cache, surveys, epoch, self.at.run);
        }
        Ok(())
    }
}
