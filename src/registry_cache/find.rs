//! Looks for entries in repositories.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bad_entry_error::{BadEntry, is_denied};
use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::found::Found;
use super::patience;
use super::read::{Stored, read};
use super::uncompared::{Hindrance, Uncompared};
use crate::digest::Digest;
use crate::reference::Reference;
use crate::registry::RegistryError;
use crate::work::lock;

/// Why nothing is known of an answer that did not come.
const LATE: &str = "it does not answer in time";

/// Why nothing is known of what was not asked for.
pub(super) const SILENT: &str = "it did not answer before";

impl RegistryCache {
    /// The entry of this name, of the first repository that has it. Each is asked for once.
    pub fn find(&self, name: EntryName, interrupted: &AtomicBool) -> Option<Arc<Found>> {
        if self.state().takes_none() {
            return None;
        }
        self.find_all(name, interrupted).into_iter().next()
    }

    /// The entries of this name: of all repositories if they are compared with what is made here, else of the first that
    /// has one.
    fn find_all(&self, name: EntryName, interrupted: &AtomicBool) -> Vec<Arc<Found>> {
        if !self.reads() {
            return Vec::new();
        }
        let answer = self.state().answer(name);
        let mut answer = lock(&answer);
        if let Some(known) = &*answer {
            return known.clone();
        }
        let most = if self.verifies(name.key) { usize::MAX } else { 1 };
        let asked = self.repositories().read.iter().filter_map(|at| self.find_at(at, name, interrupted));
        let found: Vec<_> = asked.take(most).map(Arc::new).collect();
        found.iter().for_each(|found| self.state().found(found));
        answer.insert(found).clone()
    }

    /// The entries of all repositories that are compared with what is made here.
    ///
    /// # Errors
    /// [`Uncompared`]: a repository could not be asked, or has an entry that cannot be used.
    pub fn to_compare(
        &self,
        name: EntryName,
        interrupted: &AtomicBool,
    ) -> Result<Vec<Arc<Found>>, Uncompared> {
        self.state().chose(name);
        let found = self.find_all(name, interrupted);
        match self.state().uncompared(name) {
            Some(uncompared) if !interrupted.load(Ordering::Relaxed) => Err(uncompared),
            _ => Ok(found),
        }
    }

    /// What was found of an entry in a repository, or elsewhere if not there, where it was asked for.
    pub(super) fn answered(&self, name: EntryName, at: &Reference) -> Option<Arc<Found>> {
        let answer = self.state().answer(name);
        let found = lock(&answer).clone().unwrap_or_default();
        found.iter().find(|found| found.at == *at).or_else(|| found.first()).cloned()
    }

    fn find_at(&self, at: &Reference, name: EntryName, interrupted: &AtomicBool) -> Option<Found> {
        if self.distrusts(name, at) {
            return None;
        }
        let found = |stored: &Stored, config, is_fresh| {
            Some(Found { name, at: at.clone(), config, said: Digest::of(&stored.config), is_fresh })
        };
        // What is to be compared is asked for.
        if !self.verifies(name.key)
            && let Some(stored) = self.remembered(at, &name)
            && let Ok(config) = stored.parse(&name)
        {
            return found(&stored, config, false);
        }
        let place = at.to_string();
        let uncompared = |why: &str, hindrance| {
            let (repository, why) = (place.clone(), why.to_owned());
            self.state().cannot_compare(name, Uncompared { repository, why, hindrance });
        };
        if self.is_silent(at) {
            let is_denied = self.state().is_denied(&place);
            let hindrance = if is_denied { Hindrance::Denied } else { Hindrance::Silent };
            uncompared(SILENT, hindrance);
            return None;
        }
        let (registries, asked) = (self.registries().clone(), at.clone());
        let answer = patience::within(self.repositories().patience, interrupted, move || {
            let stored = read(&registries, &asked, &name)?;
            stored.map(|stored| Ok::<_, BadEntry>((stored.parse(&name)?, stored))).transpose()
        });
        if interrupted.load(Ordering::Relaxed) {
            return None;
        }
        let why = match answer {
            Some(Ok(None)) => return None,
            Some(Ok(Some((config, stored)))) => {
                self.remember(at, &name, &stored);
                return found(&stored, config, true);
            }
            // It may be archived, or of a user who keeps it: others can be had.
            Some(Err(error)) if error.is_refused() => {
                uncompared(&error.to_string(), Hindrance::Denied);
                self.state().denied(&place);
                let warning = || {
                    format!(
                        "registry cache: `{at}` refuses entries, which are not used, and the build continues: {error}"
                    )
                };
                self.state().refuse(&place, warning);
                return None;
            }
            Some(Err(error)) if !error.is_of_the_registry() => {
                uncompared(&error.to_string(), Hindrance::Damaged);
                self.turn_down(name, at, &error);
                return None;
            }
            Some(Err(error)) => Some(error),
            None => None,
        };
        let is_denied = why.as_ref().is_some_and(BadEntry::is_denied);
        let text = why.as_ref().map_or_else(|| LATE.to_owned(), ToString::to_string);
        uncompared(&text, if is_denied { Hindrance::Denied } else { Hindrance::Silent });
        self.leave_alone_for(at, why.as_ref().and_then(BadEntry::of_the_registry));
        None
    }

    /// Whether a repository is not asked any more.
    pub(super) fn is_silent(&self, at: &Reference) -> bool {
        self.state().is_silent(&at.to_string()) || self.state().is_silent(at.registry())
    }

    /// A repository fails: it is not asked any more, nor is its host, where that cannot be reached. Without an error, the
    /// host does not answer in time.
    pub(super) fn leave_alone_for(&self, at: &Reference, error: Option<&RegistryError>) {
        let place = at.to_string();
        match error {
            None => self.leave_alone(at.registry(), LATE),
            Some(RegistryError::Http(error)) => self.leave_alone(at.registry(), &error.to_string()),
            Some(error) => {
                if is_denied(error) {
                    self.state().denied(&place);
                }
                let warning = format!(
                    "registry cache: `{at}` is not asked any more: {error}; the build continues without it"
                );
                self.state().silence(&place, &warning);
            }
        }
    }

    /// A host cannot be reached: no repository of it is read or written any more.
    fn leave_alone(&self, host: &str, why: &str) {
        let writes = self.writes_to().is_some_and(|at| at.registry() == host);
        let written = if writes { "; nothing more is written to it" } else { "" };
        let warning = format!(
            "registry cache: `{host}` is not asked any more: {why}{written}; the build continues without it"
        );
        self.state().silence(host, &warning);
    }
}
