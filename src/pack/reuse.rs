//! Blocks that need not be deflated again: a block's compressed bytes depend on its own bytes alone.

use std::io;
use std::sync::Arc;

use crate::key::Key;

/// What a block becomes in a layer.
#[derive(Debug, PartialEq, Eq)]
pub enum Compressed {
    /// Deflate blocks that end on a byte boundary.
    Deflated(Vec<u8>),
    /// Its own bytes, which deflate does not make fewer.
    Stored,
}

impl Compressed {
    /// Its bytes; none of a block that is stored.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Deflated(bytes) => bytes,
            Self::Stored => &[],
        }
    }
}

/// A block that is about to be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockName {
    /// Key of its bytes: of a piece of a larger file, the one that [`FileKey`](crate::key::FileKey) gives it.
    pub key: Key,
    /// CRC-32 of its bytes.
    pub crc: u32,
}

/// Blocks that were compressed before, and those that are.
pub trait Reuse: Sync {
    /// What the block becomes, verified, and whether it was there; where it was not, `make` makes it. Other threads that
    /// want the same one wait meanwhile, so that it is made once.
    ///
    /// # Errors
    /// Those of `make`.
    fn get(
        &self,
        name: BlockName,
        make: &mut dyn FnMut() -> io::Result<Compressed>,
    ) -> io::Result<(Arc<Compressed>, bool)>;

    /// The block has been written into the layer, where it begins at `offset`.
    fn written(&self, name: BlockName, compressed: &Compressed, offset: u64);
}
