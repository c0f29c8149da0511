//! Why a blob of a registry cannot be read.

use crate::digest::Digest;

/// The cache does not contain the blob, and the network must not be used.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not in the cache, and the network must not be used")]
pub(super) struct NotCached(pub(super) Digest);
