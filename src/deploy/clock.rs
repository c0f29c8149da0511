//! `Clock`: time that passes, as the caller measures it.

use std::time::Duration;

/// Time of the caller.
pub trait Clock: Send + Sync {
    /// The time since some moment before.
    fn now(&self) -> Duration;

    /// Waits so long, or until the user interrupts; whether it may go on.
    fn sleep(&self, pause: Duration) -> bool;
}
