//! `RegistryCache`: the repositories that a process reads entries from and writes them to.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::bad_entry_error::BadEntry;
use super::entry_name::EntryName;
use super::exchanged::Exchanged;
use super::found::Found;
use super::patience;
use super::read::{Stored, read};
use super::share::Share;
use super::state::State;
use crate::credentials::RepositoryCreator;
use crate::date::Date;
use crate::digest::Digest;
use crate::key::Key;
use crate::progress::Progress;
use crate::reference::Reference;
use crate::registry::{Registries, RegistryError};
use crate::store::cache::Cache;
use crate::work::lock;

/// Why nothing is known of an answer that did not come.
const LATE: &str = "it does not answer in time";

/// A repository could not be asked for an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The repository.
    pub repository: String,
    /// Why not. A clause about the repository.
    pub why: String,
}

/// Which repositories are used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Repositories {
    /// Entries are looked for in these, in order.
    pub read: Vec<Reference>,
    /// Entries are written to this one.
    pub write: Option<Reference>,
    /// How many of the layers that were found are made again, to compare.
    pub verify: Option<Share>,
    /// How long an answer is waited for; ten seconds by default. A repository that does not answer is not asked again.
    pub patience: Duration,
}

impl Default for Repositories {
    fn default() -> Self {
        Self { read: Vec::new(), write: None, verify: None, patience: patience::USUAL }
    }
}

/// The registry as a cache. Cheap to clone; clones know the same.
#[derive(Clone)]
pub struct RegistryCache(Arc<Inner>);

struct Inner {
    repositories: Repositories,
    /// Nanoseconds since 1970. Chooses what is verified.
    began: i64,
    registries: Registries,
    local: Cache,
    progress: Arc<dyn Progress>,
    creator: Option<Arc<dyn RepositoryCreator>>,
    /// Set when the user interrupts, for what is read without knowing of that.
    interrupted: AtomicBool,
    state: State,
}

impl fmt::Debug for RegistryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.repositories.fmt(f)
    }
}

impl RegistryCache {
    /// Entries in these repositories, which are reached through `registries`. What was found is remembered in `local`.
    /// `began`, in nanoseconds since 1970, chooses what is verified, and is the time of entries that are written.
    pub fn new(
        repositories: Repositories,
        began: i64,
        registries: &Registries,
        local: Cache,
        progress: Arc<dyn Progress>,
        creator: Option<Arc<dyn RepositoryCreator>>,
    ) -> Self {
        let registries = registries.with_retry(patience::retry());
        let (interrupted, state) = (AtomicBool::new(false), State::default());
        Self(Arc::new(Inner {
            repositories,
            began,
            registries,
            local,
            progress,
            creator,
            interrupted,
            state,
        }))
    }

    /// Whether any layer that was found is compared with one that is made here.
    pub fn compares(&self) -> bool {
        self.0.repositories.verify.is_some()
    }

    /// Whether a layer that was found is made here, too, to compare.
    pub fn verifies(&self, key: Key) -> bool {
        self.reads() && self.0.repositories.verify.is_some_and(|share| share.has(key, self.0.began))
    }

    /// The day on which entries are written.
    pub(super) fn today(&self) -> Date {
        Date::of_unix_seconds(self.0.began / 1_000_000_000)
    }

    /// Whether entries are looked for.
    pub fn reads(&self) -> bool {
        !self.0.repositories.read.is_empty()
    }

    /// The repository that entries are written to.
    pub fn writes_to(&self) -> Option<&Reference> {
        self.0.repositories.write.as_ref()
    }

    /// The entry of this name, of the first repository that has it. Each is asked for once.
    pub fn find(&self, name: EntryName, interrupted: &AtomicBool) -> Option<Arc<Found>> {
        self.find_all(name, interrupted).into_iter().next()
    }

    /// The entries of this name: of all repositories if they are compared with what is made here, else of the first that
    /// has one.
    fn find_all(&self, name: EntryName, interrupted: &AtomicBool) -> Vec<Arc<Found>> {
        if !self.reads() {
            return Vec::new();
        }
        let answer = self.0.state.answer(name);
        let mut answer = lock(&answer);
        if let Some(known) = &*answer {
            return known.clone();
        }
        let most = if self.verifies(name.key) { usize::MAX } else { 1 };
        let asked = self.0.repositories.read.iter().filter_map(|at| self.find_at(at, name, interrupted));
        let found: Vec<_> = asked.take(most).map(Arc::new).collect();
        found.iter().for_each(|found| self.0.state.found(found));
        answer.insert(found).clone()
    }

    /// The entries of all repositories that are compared with what is made here.
    ///
    /// # Errors
    /// [`Unanswered`]: a repository could not be asked, so that nothing is known of its entry.
    pub fn to_compare(
        &self,
        name: EntryName,
        interrupted: &AtomicBool,
    ) -> Result<Vec<Arc<Found>>, Unanswered> {
        let found = self.find_all(name, interrupted);
        match self.0.state.unanswered(name) {
            Some((repository, why)) if !interrupted.load(Ordering::Relaxed) => {
                Err(Unanswered { repository, why })
            }
            _ => Ok(found),
        }
    }

    /// What was found of an entry in a repository, or elsewhere if not there, where it was asked for.
    pub(super) fn answered(&self, name: EntryName, at: &Reference) -> Option<Arc<Found>> {
        let answer = self.0.state.answer(name);
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
        let unanswered = |why: &str| self.0.state.did_not_answer(name, &place, why);
        if self.0.state.is_silent(&place) || self.0.state.is_silent(at.registry()) {
            unanswered("it did not answer before");
            return None;
        }
        let (registries, asked) = (self.0.registries.clone(), at.clone());
        let answer = patience::within(self.0.repositories.patience, interrupted, move || {
            let stored = read(&registries, &asked, &name)?;
            stored.map(|stored| Ok((stored.parse(&name)?, stored))).transpose()
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
                unanswered(&error.to_string());
                let warning =
                    || format!("registry cache: `{at}` refuses entries, which are not used: {error}");
                self.0.state.refuse(&place, warning);
                return None;
            }
            Some(Err(error)) if !error.is_of_the_registry() => {
                self.turn_down(name, at, &error);
                return None;
            }
            Some(Err(BadEntry::Registry(error @ RegistryError::Http(_)))) => {
                unanswered(&error.to_string());
                self.leave_alone(at.registry(), &error.to_string());
                return None;
            }
            None => {
                unanswered(LATE);
                self.leave_alone(at.registry(), LATE);
                return None;
            }
            Some(Err(error)) => error.to_string(),
        };
        unanswered(&why);
        let warning = format!("registry cache: `{at}` is not asked any more: {why}");
        self.0.state.silence(&place, &warning);
        None
    }

    /// A host cannot be reached: no repository of it is read or written any more.
    fn leave_alone(&self, host: &str, why: &str) {
        let writes = self.writes_to().is_some_and(|at| at.registry() == host);
        let written = if writes { "; nothing more is written to it" } else { "" };
        let warning = format!("registry cache: `{host}` is not asked any more: {why}{written}");
        self.0.state.silence(host, &warning);
    }

    /// The layer of an entry cannot be had: it is not used any more, and the build begins again without it.
    pub fn distrust(&self, (name, layer): (EntryName, Digest), at: &Reference, error: &io::Error) {
        self.reject(name, at, error);
        self.0.state.distrust(layer);
    }

    /// The entry of a repository is not used any more, because of `why`. Another repository may have a good one.
    pub fn reject(&self, name: EntryName, at: &Reference, why: impl fmt::Display) {
        self.turn_down(name, at, why);
        self.0.state.forget_answer(name);
    }

    fn turn_down(&self, name: EntryName, at: &Reference, why: impl fmt::Display) {
        if self.0.state.reject(name, &at.to_string()) {
            self.0.state.warn(unused(&name, at, why));
        }
        self.forget(at, &name);
    }

    /// Whether the entry of a repository is not used.
    pub fn distrusts(&self, name: EntryName, at: &Reference) -> bool {
        self.0.state.rejects(name, &at.to_string())
    }

    /// Whether a layer of an entry could not be had.
    pub fn distrusts_layer(&self, layer: Digest) -> bool {
        self.0.state.distrusts_layer(layer)
    }

    /// How often a layer could not be had: a build that failed meanwhile is worth another try.
    pub fn failures(&self) -> usize {
        self.0.state.failures()
    }

    /// An entry that was found is taken instead of being made.
    pub fn take(&self, found: &Found) {
        self.0.state.took(found.name);
    }

    /// How much was taken and written so far.
    pub fn exchanged(&self) -> Exchanged {
        self.0.state.exchanged(self.compares())
    }

    /// What the user should know and was not told yet.
    pub fn take_warnings(&self) -> Vec<String> {
        self.0.state.take_warnings()
    }

    /// Whether the user interrupted. Who builds sets it: layers are fetched wherever something reads them.
    pub fn interrupted(&self) -> &AtomicBool {
        &self.0.interrupted
    }

    pub(super) fn repositories(&self) -> &Repositories {
        &self.0.repositories
    }

    pub(super) fn began(&self) -> i64 {
        self.0.began
    }

    pub(super) fn registries(&self) -> &Registries {
        &self.0.registries
    }

    pub(super) fn local(&self) -> &Cache {
        &self.0.local
    }

    pub(super) fn progress(&self) -> &Arc<dyn Progress> {
        &self.0.progress
    }

    pub(super) fn creator(&self) -> Option<&dyn RepositoryCreator> {
        self.0.creator.as_deref()
    }

    pub(super) fn state(&self) -> &State {
        &self.0.state
    }
}

fn unused(name: &EntryName, at: &Reference, why: impl fmt::Display) -> String {
    format!("registry cache: `{}` of `{at}` is not used: {why}", name.tag())
}
