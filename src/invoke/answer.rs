//! What becomes of an event in an environment, and what is heard of it.

use std::time::Duration;

use super::api::Failure;

/// Why extensions are told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no further event.
    Spindown,
    /// The function took too long.
    Timeout,
    /// A program failed.
    Failure,
}

/// What became of an event.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The function's answer, or why there is none. Of an answer in pieces, nothing: they were passed on.
    pub result: Result<Vec<u8>, Failure>,
    /// From the event to the time when the runtime asked for the next.
    pub duration: Duration,
    /// Whether the environment can take another event.
    pub goes_on: bool,
    /// Why it ends.
    pub reason: Reason,
}

/// Hears what programs write, and pieces of answers.
pub trait Listener: Send + Sync {
    /// Bytes that a program wrote: the runtime's where `extension` is `None`.
    fn output(&self, extension: Option<&str>, bytes: &[u8]);
    /// A piece of an answer that comes in pieces.
    fn piece(&self, bytes: &[u8]);
}
