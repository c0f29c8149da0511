//! `SourceEnv`: the context of every function that reads an image: staging directory, registries, cache, threads, time.

use crate::context::Context;
use crate::epoch::Epoch;
use crate::store::Staging;
use crate::work::Run;

/// What reading an image may use.
pub struct SourceEnv<'a> {
    /// Where layers that come uncompressed are put.
    pub staging: &'a Staging,
    /// How compression runs.
    pub run: Run<'a>,
    /// The time of what is made.
    pub epoch: Epoch,
    /// Registries, and what is kept of them.
    pub context: &'a Context,
}
