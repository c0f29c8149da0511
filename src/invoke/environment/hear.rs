//! What happens in an environment: what its programs say, write, and how they end.

use std::sync::atomic::Ordering;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{Environment, Happening, RUNTIME};
use crate::invoke::api::Said;
use crate::invoke::end::End;
use crate::invoke::sandbox::Event;

/// How often it is looked whether the user still waits.
const LOOK: Duration = Duration::from_millis(100);

impl Environment {
    /// Waits for what happens next until `end`, and passes output on.
    ///
    /// # Errors
    /// What ended the environment, or that the time is over.
    pub fn hear(&mut self, end: Instant, limit: Duration) -> Result<Option<Said>, End> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            // A program that writes without end always has something to be heard.
            return Err(End::Timeout(limit));
        }
        let wait = match self.stop {
            Some(stop) if stop.load(Ordering::Relaxed) => return Err(End::Stopped),
            Some(_) => left.min(LOOK),
            None => left,
        };
        match self.happenings.recv_timeout(wait) {
            Ok(Happening::Said(Said::InitError(failure))) => Err(End::Reported(failure)),
            Ok(Happening::Said(Said::ExtensionError { name, error_type, init })) => {
                Err(End::ExtensionReported { name, error_type, init })
            }
            Ok(Happening::Said(Said::Piece(bytes))) => {
                self.in_pieces += bytes.len();
                self.listener.piece(&bytes);
                Ok(None)
            }
            Ok(Happening::Said(said)) => Ok(Some(said)),
            Ok(Happening::Sandbox(event)) => self.event(event),
            Ok(Happening::Stopped) => Err(End::Stopped),
            Ok(Happening::Gone) | Err(RecvTimeoutError::Disconnected) => Err(End::Gone),
            // Whether the time is over, the next call says.
            Err(RecvTimeoutError::Timeout) => Ok(None),
        }
    }

    fn event(&mut self, event: Event) -> Result<Option<Said>, End> {
        match event {
            Event::Output { id, bytes } => self.output(id, &bytes),
            Event::NotStarted { id, directory, errno } => {
                return Err(End::NotStarted { extension: self.extension(id), directory, errno });
            }
            Event::Exited { id, code, signal } => {
                self.drain();
                let killed = id == RUNTIME && signal == Some(Signal::KILL.as_raw());
                if killed && self.memory.is_exceeded() {
                    return Err(End::OutOfMemory);
                }
                return Err(End::Exited { extension: self.extension(id), code, signal });
            }
            Event::Frozen => self.is_frozen = true,
            _ => {}
        }
        Ok(None)
    }

    /// Passes on what a program wrote before it ended.
    fn drain(&mut self) {
        let end = Instant::now() + Duration::from_millis(100);
        loop {
            match self.happenings.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Happening::Sandbox(Event::Output { id, bytes })) => self.output(id, &bytes),
                Ok(Happening::Sandbox(Event::OutputEnded { .. }) | Happening::Gone) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }

    pub(super) fn output(&self, id: u32, bytes: &[u8]) {
        let extension = self.extension(id);
        self.telemetry.output(extension.as_deref(), bytes);
        self.listener.output(extension.as_deref(), bytes);
    }

    /// The name of an extension, by its number; none of the runtime.
    fn extension(&self, id: u32) -> Option<String> {
        let at = id.checked_sub(RUNTIME + 1)?;
        self.extensions.get(at as usize).cloned()
    }
}
