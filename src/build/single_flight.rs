//! `SingleFlight`: a map whose values are made once. A thread that asks for a value that is being made waits for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::build::cpu_slots::holds_slots;
use crate::work::lock;

/// Values by keys, each made once.
pub struct SingleFlight<K, V>(Mutex<BTreeMap<K, Slot<V>>>);

/// Locked by the thread that makes the value.
type Slot<V> = Arc<Mutex<Option<V>>>;

impl<K, V> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone> SingleFlight<K, V> {
    /// The value of `key`, which `make` makes if it is not there. Other threads that want it wait meanwhile, and so
    /// must not hold a CPU slot. An error is not kept: the next thread tries again.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get<E>(&self, key: K, make: impl FnOnce() -> Result<V, E>) -> Result<V, E> {
        debug_assert!(!holds_slots(), "a thread that waits for another function holds a CPU slot");
        let slot = Arc::clone(lock(&self.0).entry(key).or_default());
        let mut slot = lock(&slot);
        if let Some(value) = &*slot {
            return Ok(value.clone());
        }
        Ok(slot.insert(make()?).clone())
    }
}

impl<K: Ord, V> SingleFlight<K, V> {
    /// Forgets the values that are not to be kept. Those that are being made stay.
    pub fn retain(&self, keep: impl Fn(&V) -> bool) {
        let kept = |slot: &Slot<V>| slot.try_lock().map_or(true, |value| value.as_ref().is_none_or(&keep));
        lock(&self.0).retain(|_, slot| kept(slot));
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::build::cpu_slots::CpuSlots;
    use crate::work::Run;

    static NEVER: AtomicBool = AtomicBool::new(false);

    #[test]
    fn a_thread_that_waits_for_another_function_holds_no_cpu_slot() {
        let cpu = CpuSlots::new(NonZeroUsize::MIN);
        let run = Run::new(NonZeroUsize::MIN, &NEVER);
        let flight = SingleFlight::<u8, u8>::default();
        let made = |key| flight.get(key, || Ok::<_, ()>(cpu.one(run, |_| key)));
        assert_eq!((made(1), made(1), holds_slots()), (Ok(1), Ok(1), false));
        let waits = || cpu.one(run, |_| flight.get(1, || Ok::<_, ()>(1)));
        let refused = catch_unwind(AssertUnwindSafe(waits));
        assert!(refused.is_err() && !holds_slots());
    }

    #[test]
    fn an_error_is_not_kept() {
        let flight = SingleFlight::<u8, u8>::default();
        assert_eq!(flight.get(1, || Err("no")), Err("no"));
        assert_eq!(flight.get(1, || Ok::<_, &str>(2)), Ok(2));
        assert_eq!(flight.get(1, || Err("not asked")), Ok(2));
    }
}
