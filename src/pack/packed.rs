//! `Packed`: the result of packing a tree.

use crate::digest::Digest;
use crate::key::Key;

/// A packed tree, and what is worth remembering of it.
pub struct PackResult {
    /// The layer.
    pub packed: Packed,
    /// The keys of the tree's files, in its order; none if nothing is remembered.
    pub contents: Vec<Key>,
}

/// What became of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Digest of the compressed layer.
    pub digest: Digest,
    /// Size of the compressed layer in bytes.
    pub size: u64,
    /// Digest of the layer's tar.
    pub diff_id: Digest,
    /// Size of the layer's tar in bytes.
    pub tar_size: u64,
}
