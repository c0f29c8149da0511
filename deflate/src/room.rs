//! The input of one piece, in a buffer whose size is a power of two: a position is taken modulo that, so no read needs a
//! check and none is outside.

use std::convert::TryInto;

const SIZE: usize = 1 << 21;

/// Where the input begins: as far from the start as a match can reach back, so that the place of a match is its
/// position less its distance and never below zero.
pub(crate) const BEFORE: usize = 1 << 15;

/// The most bytes of one piece.
pub(crate) const PIECE: usize = SIZE - BEFORE;

/// What was there before the input, the input, and what earlier and longer inputs left behind it. Only bytes of the input
/// decide anything: every length that is measured is cut off at its end.
pub(crate) struct Room(Box<[u8; SIZE + 8]>);

impl Room {
    pub(crate) fn new() -> Self {
        Self(boxed(0))
    }

    pub(crate) fn fill(&mut self, input: &[u8]) {
        self.0[BEFORE..][..input.len()].copy_from_slice(input);
    }

    /// The input from `at` on, `length` bytes.
    pub(crate) fn input(&self, at: usize, length: usize) -> &[u8] {
        &self.0[BEFORE + at..][..length]
    }

    /// Eight bytes of the input from `at` on, the first in the low bits.
    #[inline(always)]
    pub(crate) fn load(&self, at: usize) -> u64 {
        self.word(at + BEFORE)
    }

    /// Eight bytes of the room from `at` on.
    #[inline(always)]
    pub(crate) fn word(&self, at: usize) -> u64 {
        let at = at & (SIZE - 1);
        // Always eight: the compiler sees it.
        self.0[at..at + 8].try_into().map_or(0, u64::from_le_bytes)
    }
}

/// `N` times `value`, on the heap.
pub(crate) fn boxed<T: Copy, const N: usize>(value: T) -> Box<[T; N]> {
    match vec![value; N].into_boxed_slice().try_into() {
        Ok(boxed) => boxed,
        // `N` of them were made.
        Err(_) => unreachable!(),
    }
}
