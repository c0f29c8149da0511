//! Interrupts: the first lets the work clean up behind itself, the second does not wait for it.

use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What the first interrupt calls.
static CALL: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// From now on, whether the user interrupted. To ask again is to ask for the same.
pub fn watch() -> Result<&'static AtomicBool, Failure> {
    let on_signal = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
        if let Some(call) = CALL.get() {
            call();
        }
    };
    match ctrlc::set_handler(on_signal) {
        // Where no thread is to be had that would wait for one, the work goes on without interrupts.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) | Err(ctrlc::Error::System(_)) => Ok(&INTERRUPTED),
        Err(error) => Err(Failure::Signals(error)),
    }
}

/// What the first interrupt calls, for whoever only waits. Once for a process.
pub fn call(call: impl Fn() + Send + Sync + 'static) {
    // Nobody else waits.
    let _ = CALL.set(Box::new(call));
}
