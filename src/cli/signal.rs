//! Interrupts: the first lets the work clean up behind itself, the second does not wait for it.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on, whether the user interrupted.
pub fn watch() -> Result<&'static AtomicBool, Failure> {
    let on_signal = || {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
    };
    ctrlc::set_handler(on_signal).map_err(Failure::Signals)?;
    Ok(&INTERRUPTED)
}
