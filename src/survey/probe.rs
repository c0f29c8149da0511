//! Probes: examine files while a layer is read.
//!
//! A probe decides for each regular file whether to examine it. It then gets the content in pieces, and returns facts
//! at the end. Only the facts are kept. A probe never holds more than [`HEAD_MAX`] bytes of a file.

use super::{Entry, Fact};

/// The most bytes of one file that a probe may hold.
pub const HEAD_MAX: usize = 16 << 20;

/// Something that looks into files.
pub trait Probe: Send + Sync {
    /// Whether to look into the file `entry`, and with what.
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>>;
}

/// One look into one file.
pub trait Look {
    /// The next bytes of the content.
    fn feed(&mut self, bytes: &[u8]);

    /// What was seen. The content has ended; it may have been cut short where a layer is damaged.
    fn end(self: Box<Self>) -> Vec<Fact>;
}

/// A look at the first bytes of a file, as one slice.
pub struct Head<F> {
    limit: usize,
    size: u64,
    bytes: Vec<u8>,
    judge: F,
}

impl<F: FnOnce(&[u8], u64) -> Vec<Fact> + 'static> Head<F> {
    /// Gives at most `limit` bytes (never more than [`HEAD_MAX`]) and the number of all bytes to `judge`.
    pub fn look(limit: usize, judge: F) -> Box<dyn Look> {
        Box::new(Self { limit: limit.min(HEAD_MAX), size: 0, bytes: Vec::new(), judge })
    }
}

impl<F: FnOnce(&[u8], u64) -> Vec<Fact>> Look for Head<F> {
    fn feed(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        let room = self.limit - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        (self.judge)(&self.bytes, self.size)
    }
}
