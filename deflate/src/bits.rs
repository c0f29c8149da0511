//! Bits into bytes, the first in the low ones (RFC 1951, 3.1.1), by way of a buffer of 64.

use crate::rfc1951::MAX_STORED;

/// Writes to a buffer that is large enough: one that is not would end the program, not the buffer.
pub(crate) struct BitWriter {
    pub(crate) out: Vec<u8>,
    pub(crate) at: usize,
    /// Bits that are not written yet, in the low places; fewer than eight between two calls.
    pub(crate) bits: u64,
    pub(crate) count: u32,
}

impl BitWriter {
    /// Begins at the start of `out`, where at least `room` bytes fit.
    pub(crate) fn new(mut out: Vec<u8>, room: usize) -> Self {
        if out.len() < room {
            out.resize(room, 0);
        }
        Self { out, at: 0, bits: 0, count: 0 }
    }

    /// Appends the low `count` bits of `bits`; at most 56, and no others are set.
    pub(crate) fn put(&mut self, bits: u64, count: u32) {
        self.bits |= bits << self.count;
        self.count += count;
        self.out[self.at..][..8].copy_from_slice(&self.bits.to_le_bytes());
        self.at += (self.count >> 3) as usize;
        self.bits >>= self.count & 56;
        self.count &= 7;
    }

    /// Appends stored blocks (3.2.4), which end where a byte ends. None of them is the last.
    pub(crate) fn store(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(MAX_STORED) {
            self.begin_stored(piece.len());
            self.out[self.at..][..piece.len()].copy_from_slice(piece);
            self.at += piece.len();
        }
    }

    /// Ends where a byte ends: an empty stored block where it is not so already.
    pub(crate) fn align(&mut self) {
        if self.count > 0 {
            self.begin_stored(0);
        }
    }

    fn begin_stored(&mut self, length: usize) {
        self.put(0, 3);
        self.put(0, self.count.wrapping_neg() & 7);
        // At most 16 bits, and their complement.
        self.put((length as u64 ^ 0xffff) << 16 | length as u64, 32);
    }

    /// How many bits were written.
    pub(crate) fn position(&self) -> u64 {
        8 * self.at as u64 + u64::from(self.count)
    }
}
