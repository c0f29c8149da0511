//! Images as a plan sees them.

use crate::digest::Digest;

/// An image of a repository, or something else that has a manifest there.
#[derive(Clone, Debug)]
pub struct Image {
    /// The digest of the manifest.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
    /// When it was last pushed or pulled, in seconds since 1970.
    pub used: i64,
    /// When it was pushed, in seconds since 1970.
    pub pushed: i64,
    /// What its manifest names in the same repository: the images of an index, and its subject. `None` where the manifest
    /// could not be read.
    pub links: Option<Vec<Digest>>,
}
