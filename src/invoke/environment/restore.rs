//! The restore of an environment from a snapshot: the hooks of its runtime run, as with SnapStart. No snapshot is made: the
//! programs that began go on.

use std::time::{Duration, Instant};

use super::Environment;
use crate::invoke::answer::Reason;
use crate::invoke::end::End;

impl Environment {
    /// Lets the runtime run its hooks, and waits until it asks for an event.
    ///
    /// # Errors
    /// What ended it instead.
    pub fn restore(&mut self, limit: Duration) -> Result<Duration, End> {
        let began = Instant::now();
        self.telemetry.restore_started(&self.function.identity);
        self.commands.freeze(false);
        self.exchange.restore();
        let mut ended = None;
        while ended.is_none() && !self.exchange.is_idle() {
            ended = self.hear(began + limit, limit).err();
        }
        let failure = ended.as_ref().map(|end| end.failure(""));
        let reason = ended.as_ref().map_or(Reason::Spindown, Reason::of);
        let took = began.elapsed();
        self.telemetry.restore_ended(reason.status(failure.as_ref()), took);
        match ended {
            None => self.freeze().map(|()| took),
            Some(end) => Err(end),
        }
    }
}
