//! Interrupts: the first lets the work remove its temporary files, the second ends the process at once.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::process::Signal;

use crate::cli::show::error::CliError;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What the first interrupt calls.
static CALL: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// From now on, a file that grows over the limit of the shell (`ulimit -f`) is an error of the write, which names the
/// file; unheard, the signal would end the process without a word.
pub fn hear_limits() {
    // Where it cannot be heard, it ends the process as it does other programs.
    let _ = signal_hook::flag::register(Signal::XFSZ.as_raw(), Arc::default());
}

/// From now on, whether the user interrupted. To ask again is to ask for the same.
pub fn watch() -> Result<&'static AtomicBool, CliError> {
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
        Err(error) => Err(CliError::Signals(error)),
    }
}

/// What the first interrupt calls, for code that only waits. Once for a process.
#[cfg(feature = "watch")]
pub fn call(call: impl Fn() + Send + Sync + 'static) {
    // Nobody else waits.
    let _ = CALL.set(Box::new(call));
}
