//! The restore of an environment from a snapshot: the hooks of its runtime run, as with SnapStart. No snapshot is made: the
//! programs that began go on.

use std::time::{Duration, Instant};

use super::{Environment, Phased};
use crate::invoke::telemetry::Telemetry;

impl Environment {
    /// Lets the runtime run its hooks, and waits until it asks for an event.
    pub fn restore(&mut self, limit: Duration) -> Phased {
        let began = Instant::now();
        self.telemetry.restore_started(&self.function.identity);
        self.commands.freeze(false);
        self.exchange.restore();
        let outcome = self.until_idle(began + limit, limit);
        self.end_phase(began, outcome, Telemetry::restore_ended)
    }
}
