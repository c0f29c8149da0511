//! `RootLayer`: a layer to be unpacked, and the names of what is unpacked.

use std::io::{self, Read};

use super::owner::Ownership;
use crate::digest::Digest;
use crate::key::KeyHasher;

/// A change of how images are unpacked: other directories are made then.
const VERSION: u32 = 2;

/// A layer to be unpacked.
pub struct RootLayer<'a> {
    /// Digest of its tar.
    pub diff_id: Digest,
    /// Opens its stored bytes.
    pub open: &'a (dyn Fn() -> io::Result<Box<dyn Read + Send>> + Sync),
}

/// The name of the unpacked image that has these layers.
pub fn name(layers: &[RootLayer<'_>], ownership: Ownership) -> String {
    format!("{}-{}", ownership.word(), key(layers))
}

fn key(layers: &[RootLayer<'_>]) -> String {
    let mut hasher = KeyHasher::default();
    hasher.update(&VERSION.to_le_bytes());
    for layer in layers {
        hasher.update(layer.diff_id.as_bytes());
    }
    hasher.finish().to_string()
}
