//! What else is asked of an environment, and shared with those that wait for its answers.

use std::sync::Arc;

use super::{Environment, Stopper};
use crate::invoke::api::Exchange;
use crate::invoke::memory::MemoryWatch;
use crate::invoke::telemetry::Telemetry;

impl Environment {
    /// What extensions are told.
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// The memory that is in use.
    pub fn memory(&self) -> &Arc<MemoryWatch> {
        &self.memory
    }

    /// What its programs ask and say.
    pub fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Ends it from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}
