//! What a process knows of its registry cache: which entries it asked for, which are bad, and what the user should know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::entry_name::EntryName;
use super::found::Found;
use crate::digest::Digest;
use crate::work::lock;

/// The most warnings about single entries: the others are counted.
const WARNINGS: usize = 5;

/// An answer, held by the thread that asks.
pub type Answer = Arc<Mutex<Option<Option<Arc<Found>>>>>;

/// What a process knows.
#[derive(Default)]
pub struct State {
    answers: Mutex<BTreeMap<EntryName, Answer>>,
    /// Entries whose layers could not be had, and those layers.
    distrusted: Mutex<(BTreeSet<EntryName>, BTreeSet<Digest>)>,
    failures: AtomicUsize,
    /// Repositories that are not asked again, or written to.
    silent: Mutex<BTreeSet<String>>,
    written: Mutex<BTreeSet<EntryName>>,
    warnings: Mutex<(Vec<String>, usize)>,
}

impl State {
    /// The answer for an entry, where there is one.
    pub fn answer(&self, name: EntryName) -> Answer {
        lock(&self.answers).entry(name).or_default().clone()
    }

    /// The layer of an entry cannot be had, or is not the one that the entry says.
    pub fn distrust(&self, name: EntryName, layer: Digest) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut distrusted = lock(&self.distrusted);
        distrusted.0.insert(name);
        distrusted.1.insert(layer);
        lock(&self.answers).remove(&name);
    }

    /// Whether the layer of an entry could not be had.
    pub fn distrusts(&self, name: EntryName) -> bool {
        lock(&self.distrusted).0.contains(&name)
    }

    /// Whether a layer of an entry could not be had.
    pub fn distrusts_layer(&self, layer: Digest) -> bool {
        lock(&self.distrusted).1.contains(&layer)
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
        lock(&self.written).insert(name)
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
            all.push(format!("registry cache: {} more entries are not used", warnings.1 - WARNINGS));
            warnings.1 = WARNINGS;
        }
        all
    }
}
