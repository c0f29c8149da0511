//! `Functions`: what is served, by name. A function can be replaced while it answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::pool::{NotTaken, Patience, Pool, Taken};
use crate::invoke::environment::Listener;
use crate::invoke::function::Function;
use crate::work::lock;

/// The functions by name; none where one is expected that is not there yet.
type Pools = BTreeMap<String, Option<Arc<Pool>>>;

/// The functions that are served.
pub struct Functions {
    pools: RwLock<Pools>,
    /// Replaced, and not at their end: they answer the events that they have.
    replaced: Mutex<Vec<Arc<Pool>>>,
    log: Arc<dyn Listener>,
    concurrency: usize,
}

/// Why no environment answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// As many are at work as may be.
    Throttled,
    /// The function is expected, and was not made yet.
    NotReady,
    /// No function has this name.
    Unknown,
}

impl Functions {
    /// None yet. Each that comes has at most `concurrency` environments at once; `log` hears what they write.
    pub fn new(log: Arc<dyn Listener>, concurrency: usize) -> Self {
        Self { pools: RwLock::default(), replaced: Mutex::default(), log, concurrency }
    }

    /// Serves `function`, from now on instead of the one that has the same name.
    pub fn put(&self, function: Function) {
        let name = function.identity.name.clone();
        // Events wait meanwhile: what the old environments hold, such as a port, must be free for the new ones.
        let mut pools = self.write();
        if let Some(Some(old)) = pools.remove(&name) {
            self.end(old);
        }
        let pool = Pool::new(Arc::new(function), Arc::clone(&self.log), self.concurrency);
        pools.insert(name, Some(Arc::new(pool)));
    }

    /// Serves functions of these names, and no other ones.
    pub fn expect(&self, names: &BTreeSet<String>) {
        let mut pools = self.write();
        for (name, pool) in std::mem::take(&mut *pools) {
            match pool {
                pool if names.contains(&name) => drop(pools.insert(name, pool)),
                Some(pool) => self.end(pool),
                None => {}
            }
        }
        for name in names {
            pools.entry(name.clone()).or_default();
        }
    }

    fn end(&self, old: Arc<Pool>) {
        old.end();
        let mut replaced = lock(&self.replaced);
        replaced.retain(|pool| !pool.is_gone());
        replaced.push(old);
    }

    /// An environment for an event of this function. One alone answers to every name.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub fn take(&self, name: Option<&str>, patience: Patience) -> Result<Taken, Unanswered> {
        loop {
            let pool = self.find(name)?;
            match pool.take(patience) {
                Ok(taken) => return Ok(taken),
                Err(NotTaken::Throttled) => return Err(Unanswered::Throttled),
                // Replaced meanwhile; else the server ends.
                Err(NotTaken::Ended) if self.find(name).is_ok_and(|now| Arc::ptr_eq(&now, &pool)) => {
                    return Err(Unanswered::Throttled);
                }
                Err(NotTaken::Ended) => {}
            }
        }
    }

    /// Whether there is such a function.
    ///
    /// # Errors
    /// [`Unanswered`].
    pub fn has(&self, name: &str) -> Result<(), Unanswered> {
        self.find(Some(name)).map(drop)
    }

    fn find(&self, name: Option<&str>) -> Result<Arc<Pool>, Unanswered> {
        let pools = self.read();
        let only = pools.values().next().filter(|_| pools.len() == 1);
        let found = name.and_then(|name| pools.get(name)).or(only).ok_or(Unanswered::Unknown)?;
        found.clone().ok_or(Unanswered::NotReady)
    }

    /// Ends all environments. Those at work have two seconds to answer.
    pub fn shut_down(&self) {
        let pools: Vec<_> = self.read().values().flatten().cloned().collect();
        let replaced = lock(&self.replaced).clone();
        std::thread::scope(|scope| {
            for pool in pools.iter().chain(&replaced) {
                scope.spawn(|| pool.shut_down());
            }
        });
    }

    fn read(&self) -> RwLockReadGuard<'_, Pools> {
        self.pools.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Pools> {
        self.pools.write().unwrap_or_else(PoisonError::into_inner)
    }
}
