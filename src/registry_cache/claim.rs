//! Claims: machines that build the same at once tell each other through the repository which steps they have begun.
//!
//! A claim is a small blob whose bytes follow from the name of the entry, so that every machine knows its digest. It
//! has no manifest and no tag: lifecycle rules do not count it, and a registry may forget it. It says that a machine
//! began to make the entry, not that the machine lives, so it only changes the order in which others work.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::patience;
use crate::key::{Key, KeyHasher};
use crate::registry::{Blob, BlobOutcome};
use crate::work::Run;

/// How often a machine looks whether another one is done.
const LOOK: Duration = Duration::from_millis(250);

/// For how long other machines are waited for: for all their entries together.
pub struct Patience(AtomicUsize);

impl Patience {
    /// So long, on so many threads.
    pub fn new(time: Duration, threads: NonZeroUsize) -> Self {
        let looks = usize::try_from(time.as_millis() / LOOK.as_millis()).unwrap_or(usize::MAX);
        Self(looks.saturating_mul(threads.get()).into())
    }

    /// Whether there is time for one more look.
    fn look(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

impl RegistryCache {
    /// Whether machines that build the same at once can learn from each other here.
    pub fn cooperates(&self) -> bool {
        self.writes_to().is_some_and(|at| self.repositories().read.contains(at))
    }

    /// The place of a key in the order of this process: every process has another one.
    pub fn turn(&self, key: Key) -> Key {
        let mut hasher = KeyHasher::default();
        hasher.update(&self.began().to_le_bytes());
        hasher.update(key.as_bytes());
        hasher.finish()
    }

    /// Tells other machines that this one begins to make an entry; `false`, where one of them began before.
    pub fn claim(&self, name: EntryName, interrupted: &AtomicBool) -> bool {
        let Some(at) = self.writes_to().filter(|at| self.may_write(at)) else { return true };
        let blob = Blob::of_bytes(format!("lambda-img claim {}\n", name.tag()).into_bytes().into());
        let (registries, at) = (self.registries().clone(), at.clone());
        let outcome = patience::within(self.repositories().patience, interrupted, move || {
            registries.put_blob(&blob, &at)
        });
        // What cannot be claimed is made all the same.
        !matches!(outcome, Some(Ok(BlobOutcome::Present)))
    }

    /// Waits for an entry that another machine makes, as long as there is `patience`; whether it is there.
    pub fn wait_for(&self, name: EntryName, patience: &Patience, run: Run<'_>) -> bool {
        loop {
            self.state().forget_miss(name);
            let found = self.find(name, run.interrupted).is_some();
            if found || !patience.look() || run.check().is_err() {
                return found;
            }
            thread::sleep(LOOK);
        }
    }
}
