//! What long work tells while it goes on.

use std::time::Duration;

use crate::digest::Digest;

/// Hears of what a build waits for, in order, from any thread.
pub trait Progress: Send + Sync {
    /// A blob of `size` bytes is fetched into the cache, from byte `from` on: what comes before is
    /// there already.
    fn fetching(&self, digest: Digest, size: u64, from: u64);

    /// A program of the user's, which may be asking for something, takes its time; it has `limit`.
    fn waiting(&self, program: &str, limit: Duration);
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn fetching(&self, _digest: Digest, _size: u64, _from: u64) {}

    fn waiting(&self, _program: &str, _limit: Duration) {}
}
