//! Pieces of the tar stream, in buffers that are used again: fresh memory for every megabyte costs more
//! than reading a file into it.

use std::io::{self, Read};
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use super::{blocks, tar};
use crate::work::lock;

/// Room for a block and the headers of a file that fills it.
const ROOM: usize = blocks::MAX + 8 * tar::RECORD;

/// Buffers that are not in use.
type Pool = Arc<Mutex<Vec<Vec<u8>>>>;

/// A piece of the tar stream. Its buffer goes back to where it came from with the last who looks at it.
#[derive(Default)]
pub struct Block {
    /// Longer than what is in it.
    room: Vec<u8>,
    filled: usize,
    pool: Pool,
}

impl Block {
    /// An empty one behind this one.
    pub(super) fn next(&self) -> Self {
        let used = lock(&self.pool).pop();
        Self { room: used.unwrap_or_else(|| vec![0; ROOM]), filled: 0, pool: Arc::clone(&self.pool) }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        self.filled += bytes.len();
    }

    /// Adds up to `limit` bytes of `reader` and tells how many there were.
    pub(super) fn fill(&mut self, reader: &mut dyn Read, limit: usize) -> io::Result<usize> {
        let room = self.room(limit);
        let mut count = 0;
        while count < limit {
            match reader.read(&mut room[count..limit]) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.filled += count;
        Ok(count)
    }

    /// What is free, at least `length` bytes.
    fn room(&mut self, length: usize) -> &mut [u8] {
        if self.room.len() < self.filled + length {
            self.room.resize(self.filled + length, 0);
        }
        &mut self.room[self.filled..]
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.room[..self.filled]
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let room = std::mem::take(&mut self.room);
        if room.is_empty() {
            return;
        }
        lock(&self.pool).push(room);
    }
}
