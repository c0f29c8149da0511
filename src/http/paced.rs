//! Aborts downloads that are too slow.

use std::io::{self, Read};
use std::time::{Duration, Instant};

/// How many idle time-outs a body may take longer than it would at the least rate.
const GRACE: u32 = 10;

/// The least rate, in bytes a second: of a blob what came is kept, and even a poor line gets on.
const LEAST: u64 = 1024;

/// A body that must not trickle for ever. Only the time in which it is waited for counts: what reads may itself
/// be slow.
pub(super) struct Paced<R> {
    inner: R,
    grace: Duration,
    waited: Duration,
    came: u64,
}

impl<R> Paced<R> {
    /// Of a body of which nothing may come for `patience`.
    pub(super) fn new(inner: R, patience: Duration) -> Self {
        Self { inner, grace: patience * GRACE, waited: Duration::ZERO, came: 0 }
    }
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let began = Instant::now();
        let count = self.inner.read(buf)?;
        self.waited += began.elapsed();
        self.came += count as u64;
        if count > 0 && self.waited > self.grace + Duration::from_secs(self.came / LEAST) {
            let why = format!("only {} bytes came in {} s", self.came, self.waited.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
        }
        Ok(count)
    }
}
