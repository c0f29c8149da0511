//! Runs single steps of a function ahead of the function.

use std::time::Duration;

use super::maker::StepMaker;
use super::wanted::Wanted;
use crate::build::error::BuildError;
use crate::key::Key;
use crate::progress::{Deadline, Phase, timed};
use crate::registry_cache::RegistryCache;
use crate::work::lock;

/// What became of a step that was to run ahead.
pub enum Ahead {
    /// It is made, here or on another machine.
    Made,
    /// It ran here, for so long.
    Ran(Duration),
    /// Another machine is at it.
    Claimed,
}

impl StepMaker<'_> {
    /// The keys of the steps that this machine does not remember.
    ///
    /// # Errors
    /// Those of what is declared.
    pub fn to_make(&self) -> Result<Vec<Key>, BuildError> {
        let unknown = |one: &Wanted<'_>| self.forced(one.step).is_none() && self.remembered(one).is_none();
        Ok(self.wanted()?.iter().filter(|one| unknown(one)).map(|one| one.declared.key()).collect())
    }

    /// Runs the step with this key, unless another machine made it or is at it. With `until`, the other machine is
    /// waited for until then, and then the step runs here.
    ///
    /// # Errors
    /// As [`StepMaker::make`]. What the step itself fails with waits for the function.
    pub fn make_ahead(
        &self,
        key: Key,
        cache: &RegistryCache,
        until: Option<Deadline>,
    ) -> Result<Ahead, BuildError> {
        let all = self.wanted()?;
        let Some(wanted) = all.iter().find(|one| one.declared.key() == key) else { return Ok(Ahead::Made) };
        let Some(name) = self.others().name(wanted) else { return Ok(Ahead::Made) };
        let run = self.at.run;
        let look = || match until {
            Some(end) => (cache.wait_for(name, end, run), 0),
            None => (cache.find(name, run.interrupted).is_some(), 0),
        };
        let is_there = run.meter.time(Phase::RegistryCache, look);
        run.check()?;
        let verified = is_there && cache.verifies(name.key);
        if is_there && !verified {
            return Ok(Ahead::Made);
        }
        let claim = || (cache.claim(name, run.interrupted), 0);
        if until.is_none() && !verified && !run.meter.time(Phase::RegistryCache, claim) {
            return Ok(Ahead::Claimed);
        }
        let (ended, time) = timed(|| self.one(wanted));
        let failed = ended.is_err();
        lock(&self.runs.ahead).insert(key, ended.err());
        Ok(if failed { Ahead::Made } else { Ahead::Ran(time) })
    }
}
