//! `KnownBlobs`: the blobs that this process has seen in each repository.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::endpoint::Endpoint;
use super::pushed::BlobOutcome;
use crate::digest::Digest;
use crate::work::lock;

/// Blobs that this process has seen in repositories: each digest travels once. A push of the same
/// blob by another thread waits for the first one.
#[derive(Default)]
pub(super) struct KnownBlobs {
    states: Mutex<HashMap<(Endpoint, Digest), BlobState>>,
    sources: Mutex<HashMap<(String, Digest), MountSource>>,
}

/// How a blob got there, as long as no push was told; held by the thread that sees to it.
pub(super) type BlobState = Arc<Mutex<Option<BlobOutcome>>>;

/// A repository of a registry API that has a blob, to mount it from. Held by the thread that takes the blob
/// there first: a thread that wants it in another repository waits, and mounts it.
pub(super) type MountSource = Arc<Mutex<Option<String>>>;

impl KnownBlobs {
    /// What is known of a blob in a repository.
    pub(super) fn state(&self, endpoint: &Endpoint, digest: Digest) -> BlobState {
        lock(&self.states).entry((endpoint.clone(), digest)).or_default().clone()
    }

    /// Where the blob can be mounted from.
    pub(super) fn mount_source(&self, endpoint: &Endpoint, digest: Digest) -> MountSource {
        lock(&self.sources).entry((endpoint.api.clone(), digest)).or_default().clone()
    }

    /// Every blob of the repository is looked for again.
    pub(super) fn forget(&self, endpoint: &Endpoint) {
        lock(&self.states).retain(|(at, _), _| at != endpoint);
    }
}
