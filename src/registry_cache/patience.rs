//! How long a build waits for the registry that it has as a cache: the layer could be made meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::http::RetryPolicy;
use crate::work::detached;

/// How often a wait looks whether the user interrupted.
const LOOK: Duration = Duration::from_millis(50);

/// How long an answer is waited for: what a layer takes that is worth an entry.
pub const USUAL: Duration = Duration::from_secs(10);

/// How many bytes a layer has at least for each second that is waited for it: what comes more slowly is sooner made.
const BYTES: u64 = 1 << 20;

/// How long a layer of so many bytes is waited for, where answers are waited for as long as `patience`.
pub fn of_layer(patience: Duration, size: u64) -> Duration {
    patience.saturating_add(Duration::from_secs(size / BYTES))
}

/// One more try, soon.
pub fn retry() -> RetryPolicy {
    RetryPolicy {
        retries: 1,
        first: Duration::from_millis(500),
        longest: Duration::from_secs(1),
        total: Duration::from_secs(2),
    }
}

/// What `ask` gives, on a thread of its own; `None` where it takes longer than `patience`, or the user interrupts.
pub fn within<T: Send + 'static>(
    patience: Duration,
    interrupted: &AtomicBool,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    detached("registry-cache", move || {
        let _ = sender.send(ask());
    });
    for _ in 0..patience.as_millis().div_ceil(LOOK.as_millis()) {
        match receiver.recv_timeout(LOOK) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if interrupted.load(Ordering::Relaxed) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    None
}
