//! What becomes of an event in an environment, and what is heard of it.

use std::time::Duration;

use super::api::Failure;
use super::end::{End, OUT_OF_MEMORY};
use super::telemetry::Status;

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

impl Reason {
    /// Of such an end.
    pub fn of(end: &End) -> Self {
        match end {
            End::Timeout(_) => Reason::Timeout,
            _ => Reason::Failure,
        }
    }
}

/// How extensions are told of a phase or an event: of what ended the environment, or of a failure that did not.
pub fn status<'a>(end: Option<&End>, failure: Option<&'a Failure>) -> Status<'a> {
    match (end, failure) {
        (Some(End::Timeout(_)), _) => Status::Timeout,
        // As Datadog's extension reads it.
        (Some(End::OutOfMemory), _) => Status::Error(OUT_OF_MEMORY),
        (Some(_), failure) => Status::Failure(failure.map_or("", |failure| &failure.error_type)),
        (None, Some(failure)) => Status::Error(&failure.error_type),
        (None, None) => Status::Success,
    }
}

/// What became of an event.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The function's answer, or why there is none. Of an answer in pieces, nothing: they were passed on.
    pub result: Result<Vec<u8>, Failure>,
    /// From the event to the time when the runtime asked for the next.
    pub duration: Duration,
    /// What ended the environment. Without it, the environment can take another event.
    pub end: Option<End>,
}

/// Hears what programs write, and pieces of answers.
pub trait Listener: Send + Sync {
    /// Bytes that a program wrote: the runtime's where `extension` is `None`.
    fn output(&self, extension: Option<&str>, bytes: &[u8]);
    /// A piece of an answer that comes in pieces.
    fn piece(&self, bytes: &[u8]);
}
