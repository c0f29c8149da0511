//! What a process knows of its registry cache: which entries it asked for, which are bad, and what the user should know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::entry_name::{EntryKind, EntryName};
use super::exchanged::{Compared, Exchanged};
use super::found::Found;
use super::share::Share;
use super::uncompared::Uncompared;
use crate::digest::Digest;
use crate::work::lock;

/// The most warnings about single entries: the others are counted.
const WARNINGS: usize = 5;

/// What repositories answered, in their order, held by the thread that asks.
pub type Answer = Arc<Mutex<Option<Vec<Arc<Found>>>>>;

/// An entry of a repository.
type Place = (EntryName, String);

/// Entries that went one way or the other.
#[derive(Default)]
struct Exchange {
    taken: BTreeSet<EntryName>,
    written: BTreeSet<EntryName>,
    made: BTreeSet<EntryName>,
    written_by_others: BTreeSet<EntryName>,
    chosen: BTreeSet<EntryName>,
    found: BTreeSet<Place>,
    verified: BTreeSet<Place>,
}

/// What a process knows.
#[derive(Default)]
pub struct State {
    answers: Mutex<BTreeMap<EntryName, Answer>>,
    /// Entries of repositories that are not used, whatever they say.
    rejected: Mutex<BTreeSet<Place>>,
    /// Entries that cannot be compared with what is made here.
    uncompared: Mutex<BTreeMap<EntryName, Uncompared>>,
    /// Repositories that do not accept the credentials, and whether that was told.
    denied: Mutex<BTreeMap<String, bool>>,
    /// Layers that could not be had.
    distrusted: Mutex<BTreeSet<Digest>>,
    failures: AtomicUsize,
    /// Whether no entry is taken any more.
    takes_none: AtomicBool,
    /// Repositories that are not asked again, or written to.
    silent: Mutex<BTreeSet<String>>,
    offered: Mutex<BTreeSet<EntryName>>,
    exchange: Mutex<Exchange>,
    warnings: Mutex<(Vec<String>, usize)>,
    /// Repositories whose refusal of an entry was told.
    refusing: Mutex<BTreeSet<String>>,
}

impl State {
    /// The answer for an entry, where there is one.
    pub fn answer(&self, name: EntryName) -> Answer {
        lock(&self.answers).entry(name).or_default().clone()
    }

    /// An entry is looked for again.
    pub fn forget_answer(&self, name: EntryName) {
        lock(&self.answers).remove(&name);
    }

    /// An entry that was not there is asked for again.
    pub fn forget_miss(&self, name: EntryName) {
        let answer = self.answer(name);
        lock(&answer).take_if(|found| found.is_empty());
    }

    /// The layer of an entry cannot be had, or is not the one that the entry says: what was made of it is wrong.
    pub fn distrust(&self, layer: Digest) {
        lock(&self.distrusted).insert(layer);
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// The entry of a repository is not used any more; whether it was until now. Another repository may have a good one.
    pub fn reject(&self, name: EntryName, repository: &str) -> bool {
        let place = (name, repository.to_owned());
        let is_new = lock(&self.rejected).insert(place.clone());
        lock(&self.offered).remove(&name);
        let mut exchange = lock(&self.exchange);
        exchange.taken.remove(&name);
        exchange.found.remove(&place);
        is_new
    }

    /// Whether the entry of a repository is not used.
    pub fn rejects(&self, name: EntryName, repository: &str) -> bool {
        lock(&self.rejected).contains(&(name, repository.to_owned()))
    }

    /// Whether a layer of an entry could not be had, or none is taken any more.
    pub fn distrusts_layer(&self, layer: Digest) -> bool {
        self.takes_none() || lock(&self.distrusted).contains(&layer)
    }

    /// No entry is taken any more; the user is told once.
    pub fn stop_taking(&self) {
        if !self.takes_none.swap(true, Ordering::Relaxed) {
            let failures = self.failures();
            let warning =
                format!("registry cache: no more entries are used: {failures} layers could not be had");
            lock(&self.warnings).0.push(warning);
            // What was taken is forgotten and made again.
            lock(&self.exchange).taken.clear();
        }
    }

    /// Whether no entry is taken any more.
    pub fn takes_none(&self) -> bool {
        self.takes_none.load(Ordering::Relaxed)
    }

    /// How often a layer could not be had.
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::Relaxed)
    }

    /// Whether a repository is left alone from now on; the first time that it is, `warning` is told.
    pub fn silence(&self, repository: &str, warning: &str) {
        if lock(&self.silent).insert(repository.to_owned()) {
            lock(&self.warnings).0.push(warning.to_owned());
        }
    }

    /// Whether a repository is left alone.
    pub fn is_silent(&self, repository: &str) -> bool {
        lock(&self.silent).contains(repository)
    }

    /// Whether this is the first offer of an entry.
    pub fn is_first_offer(&self, name: EntryName) -> bool {
        lock(&self.offered).insert(name)
    }

    /// An entry was taken instead of being made.
    pub fn took(&self, name: EntryName) {
        lock(&self.exchange).taken.insert(name);
    }

    /// An entry was written.
    pub fn wrote(&self, name: EntryName) {
        lock(&self.exchange).written.insert(name);
    }

    /// An entry was made here. Functions that share it offer it in any order, and only the one that made it knows.
    pub fn made(&self, name: EntryName) {
        lock(&self.exchange).made.insert(name);
    }

    /// An entry that was to be written had been written by another machine.
    pub fn was_written(&self, name: EntryName) {
        lock(&self.exchange).written_by_others.insert(name);
    }

    /// A repository has an entry.
    pub fn found(&self, found: &Found) {
        lock(&self.exchange).found.insert((found.name, found.at.to_string()));
    }

    /// An entry is true of what was made here.
    pub fn verified(&self, found: &Found) {
        lock(&self.exchange).verified.insert((found.name, found.at.to_string()));
    }

    /// An entry is compared with what is made here.
    pub fn chose(&self, name: EntryName) {
        lock(&self.exchange).chosen.insert(name);
    }

    /// An entry of a repository cannot be compared.
    pub fn cannot_compare(&self, name: EntryName, why: Uncompared) {
        lock(&self.uncompared).entry(name).or_insert(why);
    }

    /// Why an entry cannot be compared, where it cannot.
    pub fn uncompared(&self, name: EntryName) -> Option<Uncompared> {
        lock(&self.uncompared).get(&name).cloned()
    }

    /// A repository does not accept the credentials.
    pub fn denied(&self, repository: &str) {
        lock(&self.denied).entry(repository.to_owned()).or_insert(false);
    }

    /// Whether a repository does not accept the credentials.
    pub fn is_denied(&self, repository: &str) -> bool {
        lock(&self.denied).contains_key(repository)
    }

    /// Repositories that do not accept the credentials, and of which that was not told yet.
    pub fn take_denied(&self) -> Vec<String> {
        let mut denied = lock(&self.denied);
        let new = denied.iter_mut().filter(|(_, is_told)| !**is_told);
        let new = new.map(|(repository, is_told)| {
            *is_told = true;
            repository.clone()
        });
        new.collect()
    }

    /// Whether an entry was taken instead of being made.
    pub fn is_taken(&self, name: EntryName) -> bool {
        lock(&self.exchange).taken.contains(&name)
    }

    /// How many went one way or the other, and how many of those that were found are verified, where a `share` of them is
    /// compared. Where entries are written that were not `asked` for first, another machine may have written them at any
    /// time.
    pub fn exchanged(&self, share: Option<Share>, asked: bool) -> Exchanged {
        let exchange = lock(&self.exchange);
        let taken = |kind| exchange.taken.iter().filter(|name| name.kind == kind).count();
        let there = exchange.made.intersection(&exchange.written_by_others).count();
        let compared = |share| Compared {
            verified: exchange.verified.len(),
            found: exchange.found.len(),
            chosen: exchange.chosen.len(),
            share,
        };
        Exchanged {
            steps: taken(EntryKind::Step),
            layers: taken(EntryKind::Layer),
            written: exchange.written.len(),
            made_twice: if asked { there } else { 0 },
            already_there: if asked { 0 } else { there },
            compared: share.map(compared),
        }
    }

    /// A repository refuses an entry; the first time that it does, `warning` is told.
    pub fn refuse(&self, repository: &str, warning: impl FnOnce() -> String) {
        if lock(&self.refusing).insert(repository.to_owned()) {
            lock(&self.warnings).0.push(warning());
        }
    }

    /// Something that the user should know of one entry.
    pub fn warn(&self, warning: String) {
        let mut warnings = lock(&self.warnings);
        if warnings.1 < WARNINGS {
            warnings.0.push(warning);
        }
        warnings.1 += 1;
    }

    /// What the user should know and was not told yet.
    pub fn take_warnings(&self) -> Vec<String> {
        let mut warnings = lock(&self.warnings);
        let mut all = std::mem::take(&mut warnings.0);
        if warnings.1 > WARNINGS {
            all.push(format!("registry cache: {} more warnings about entries", warnings.1 - WARNINGS));
            warnings.1 = WARNINGS;
        }
        all
    }
}
