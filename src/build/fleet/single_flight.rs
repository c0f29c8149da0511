//! What several functions want, made by the first that wants it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::limiter::is_inside;
use crate::work::lock;

/// Values by keys.
pub struct Once<K, V>(Mutex<BTreeMap<K, Slot<V>>>);

/// Held by the thread that makes the value.
type Slot<V> = Arc<Mutex<Option<V>>>;

impl<K, V> Default for Once<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone> Once<K, V> {
    /// The value of `key`, which `make` makes where nobody has. Others that want it wait meanwhile. What
    /// goes wrong is not kept: the next one tries again.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        debug_assert!(!is_inside(), "who waits here lets others compute");
        let slot = Arc::clone(lock(&self.0).entry(key).or_default());
        let mut slot = lock(&slot);
        if let Some(value) = &*slot {
            return Ok(value.clone());
        }
        Ok(slot.insert(make()?).clone())
    }
}
