//! `Pieces`: the parts of an answer that comes in pieces.

use std::sync::{Mutex, PoisonError};

/// The bytes that came so far.
#[derive(Default)]
pub struct Pieces(Mutex<Vec<u8>>);

impl Pieces {
    /// One more came.
    pub fn push(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
    }

    /// What came since the last time.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
