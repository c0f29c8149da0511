//! Blocks that need not be deflated again: a block's compressed bytes depend on its own bytes alone.

use crate::key::Key;

/// A deflated block.
pub struct Deflated {
    /// Its bytes in the layer: deflate blocks that end on a byte boundary.
    pub bytes: Vec<u8>,
    /// CRC-32 of the uncompressed block.
    pub crc: u32,
}

/// Blocks of earlier layers.
pub trait Reuse: Sync {
    /// The block whose uncompressed bytes have this key, verified; `None` where there is none.
    fn find(&self, key: &Key) -> Option<Deflated>;
}

/// Where a block lies in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockLocation {
    /// Key of its uncompressed bytes.
    pub key: Key,
    /// Key of its compressed bytes.
    pub sum: Key,
    /// Where its compressed bytes begin in the layer.
    pub offset: u64,
    /// How many there are.
    pub size: u32,
    /// CRC-32 of the uncompressed bytes.
    pub crc: u32,
}

impl BlockLocation {
    /// The place of these compressed bytes at `offset`.
    pub(super) fn new(key: Key, offset: u64, bytes: &[u8], crc: u32) -> Self {
        // A block is a megabyte or so.
        Self { key, sum: Key::of(bytes), offset, size: bytes.len() as u32, crc }
    }
}
