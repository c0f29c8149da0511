//! `RegistryCache`: the repositories that a process reads entries from and writes them to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::entry_name::EntryName;
use super::exchanged::Exchanged;
use super::found::Found;
use super::patience;
use super::share::Share;
use super::state::State;
use crate::credentials::RepositoryCreator;
use crate::date::Date;
use crate::digest::Digest;
use crate::key::Key;
use crate::progress::Progress;
use crate::reference::Reference;
use crate::registry::Registries;
use crate::store::cache::Cache;
use crate::work::lock;

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
    interrupted: Arc<AtomicBool>,
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
        let (interrupted, state) = (Arc::default(), State::default());
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

    /// The layer of an entry cannot be had: it is not used any more, and the build begins again without it.
    pub fn distrust(&self, (name, layer): (EntryName, Digest), at: &Reference, why: impl fmt::Display) {
        self.reject(name, at, why);
        self.0.state.distrust(layer);
    }

    /// The same of an entry that was taken, from wherever it was.
    pub fn distrust_taken(&self, (name, layer): (EntryName, Digest), why: impl fmt::Display) {
        let answer = self.0.state.answer(name);
        let found = lock(&answer).iter().flatten().next().cloned();
        if let Some(found) = found {
            self.distrust((name, layer), &found.at, why);
        }
    }

    /// The entry of a repository is not used any more, because of `why`. Another repository may have a good one.
    pub fn reject(&self, name: EntryName, at: &Reference, why: impl fmt::Display) {
        self.turn_down(name, at, why);
        self.0.state.forget_answer(name);
    }

    pub(super) fn turn_down(&self, name: EntryName, at: &Reference, why: impl fmt::Display) {
        if self.0.state.reject(name, &at.to_string()) {
            self.0.state.warn(unused(&name, at, why));
        }
        self.forget(at, &name);
    }

    /// Whether the entry of a repository is not used.
    pub fn distrusts(&self, name: EntryName, at: &Reference) -> bool {
        self.0.state.rejects(name, &at.to_string())
    }

    /// Takes no entry any more: too many of them could not be had.
    pub fn stop_taking(&self) {
        self.0.state.stop_taking();
    }

    /// Whether a layer of an entry could not be had, or none is taken any more.
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
        self.0.state.exchanged(self.0.repositories.verify, self.cooperates())
    }

    /// What the user should know and was not told yet.
    pub fn take_warnings(&self) -> Vec<String> {
        self.0.state.take_warnings()
    }

    /// Repositories that do not accept the credentials, and of which the user was not told yet.
    pub fn take_denied(&self) -> Vec<String> {
        self.0.state.take_denied()
    }

    /// Whether the user interrupted. Who builds sets it: layers are fetched wherever something reads them.
    pub fn interrupted(&self) -> &Arc<AtomicBool> {
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
