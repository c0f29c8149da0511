//! Claims: machines that build the same at once tell each other through the repository which steps they have begun.
//!
//! A claim is a small blob whose bytes follow from the name of the entry, so that every machine knows its digest. It
//! has no manifest and no tag: lifecycle rules do not count it, and a registry may forget it. It says that a machine
//! began to make the entry, not that the machine lives, so it only changes the order in which others work.

use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::patience;
use crate::key::{Key, KeyHasher};
use crate::progress::Deadline;
use crate::registry::{Blob, BlobOutcome};
use crate::work::Run;

/// How often a machine looks whether another one is done.
const LOOK: Duration = Duration::from_millis(250);

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

    /// Waits until `end` for an entry that another machine makes; whether it is there. It is looked for at least once.
    pub fn wait_for(&self, name: EntryName, end: Deadline, run: Run<'_>) -> bool {
        loop {
            self.state().forget_miss(name);
            let found = self.find(name, run.interrupted).is_some();
            let left = end.left();
            if found || left.is_zero() || run.check().is_err() {
                return found;
            }
            thread::sleep(left.min(LOOK));
        }
    }
}
