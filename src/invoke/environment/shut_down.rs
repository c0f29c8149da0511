//! The end of an environment.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use super::{Environment, Happening, RUNTIME};
use crate::invoke::answer::Reason;
use crate::invoke::clock::since_epoch;
use crate::invoke::sandbox::Event;

/// The most time of the end that the last telemetry takes.
const FLUSH: Duration = Duration::from_millis(200);

impl Environment {
    /// Ends the programs as Lambda does: at once without extensions, within half a second with internal ones, within two
    /// seconds with external ones (AWS Lambda Developer Guide, "Shutdown phase").
    pub fn shut_down(mut self, reason: Reason) {
        let (any, external) = self.exchange.extensions();
        if !any {
            return;
        }
        self.commands.freeze(false);
        let began = Instant::now();
        let (runtimes, all) = if external { (300, 2_000) } else { (500, 500) };
        let (runtimes, all) = (began + Duration::from_millis(runtimes), began + Duration::from_millis(all));
        self.telemetry.flush(began + FLUSH);
        self.commands.signal(RUNTIME, Signal::TERM);
        self.until_ended(&[RUNTIME], runtimes);
        self.commands.signal(RUNTIME, Signal::KILL);
        if !external {
            return;
        }
        let reason = match reason {
            Reason::Spindown => "spindown",
            Reason::Timeout => "timeout",
            Reason::Failure => "failure",
        };
        let deadline = since_epoch() + all.saturating_duration_since(Instant::now()).as_millis();
        let told =
            json!({ "eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline as u64 });
        self.exchange.shut_down(&told.to_string());
        let extensions: Vec<_> = (0..self.extensions.len()).map(|at| RUNTIME + 1 + at as u32).collect();
        self.until_ended(&extensions, all);
    }

    /// Waits until these programs ended, or that moment came.
    fn until_ended(&mut self, programs: &[u32], end: Instant) {
        let mut left = programs.to_vec();
        while !left.is_empty() {
            match self.happenings.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(Happening::Sandbox(Event::Exited { id, .. } | Event::NotStarted { id, .. })) => {
                    left.retain(|other| *other != id);
                }
                Ok(Happening::Sandbox(Event::Output { id, bytes })) => self.output(id, &bytes),
                Ok(Happening::Gone) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }
}
