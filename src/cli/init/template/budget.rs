//! `Budget`: how much is computed of one document. Functions and variables can double it again and again.

use std::cell::Cell;

/// What it costs to look a name up, in nodes and bytes of text.
pub const LOOK_UP: usize = 256;

/// How much may still be computed, in nodes and bytes of text.
pub struct Budget(Cell<usize>);

impl Budget {
    /// So much.
    pub fn new(most: usize) -> Self {
        Self(Cell::new(most))
    }

    /// Takes `size` of it; returns whether there was that much.
    pub fn spend(&self, size: usize) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(size));
        left >= size
    }
}
