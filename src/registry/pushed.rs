//! The types of a push: the blobs to send, and the result for each.

use std::ops::AddAssign;
use std::sync::Arc;

use crate::digest::Digest;
use crate::image::{BlobSource, BytesBlob, Layer};
use crate::progress::Meter;
use crate::reference::Pinned;

/// A blob to publish.
#[derive(Clone)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where its bytes are: read and verified for each try.
    pub source: Arc<dyn BlobSource>,
    /// Whether it is wanted again: bytes of another registry are kept on the way then.
    pub again: bool,
    /// Counts the bytes that are sent.
    pub meter: Meter,
}

impl Blob {
    /// A layer.
    pub fn of(layer: &Layer, again: bool, meter: &Meter) -> Self {
        Self {
            digest: layer.descriptor.digest,
            size: layer.descriptor.size,
            source: Arc::clone(&layer.source),
            again,
            meter: meter.clone(),
        }
    }

    /// These bytes.
    pub fn of_bytes(bytes: Arc<[u8]>) -> Self {
        Self {
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
            source: Arc::new(BytesBlob(bytes)),
            again: false,
            meter: Meter::default(),
        }
    }
}

/// An image to publish.
#[derive(Clone)]
pub struct Upload {
    /// The layers, in any order; each digest is sent once.
    pub layers: Vec<Blob>,
    /// The bytes of the config.
    pub config: Vec<u8>,
    /// The bytes of the manifest.
    pub manifest: Vec<u8>,
    /// The media type of the manifest, which ECR also wants inside it.
    pub media_type: String,
}

/// An image at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PushResult {
    /// Where it is.
    pub pinned: Pinned,
    /// Whether it was there already, under the tag too: nothing was sent.
    pub already: bool,
    /// What was done with the blobs.
    pub blobs: PushStats,
    /// The same for each blob that was looked for: the layers in order, then the config.
    pub each: Vec<PushedBlob>,
}

/// What became of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobOutcome {
    /// It was there.
    Present,
    /// It was taken from another repository of the registry.
    Mounted,
    /// Its bytes were sent.
    Sent,
}

/// A blob that is in the repository now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushedBlob {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// How it got there.
    pub outcome: BlobOutcome,
}

/// What a push did with the blobs of one repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PushStats {
    /// Blobs that were there.
    pub present: usize,
    /// Blobs mounted from another repository.
    pub mounted: usize,
    /// Blobs sent.
    pub sent: usize,
    /// Bytes of the blobs sent, tries that failed not counted.
    pub bytes: u64,
}

impl AddAssign for PushStats {
    fn add_assign(&mut self, other: Self) {
        self.present += other.present;
        self.mounted += other.mounted;
        self.sent += other.sent;
        self.bytes += other.bytes;
    }
}

impl PushStats {
    /// The sum of what was done.
    pub(super) fn of(all: &[PushedBlob]) -> Self {
        let count = |outcome| all.iter().filter(|done| done.outcome == outcome).count();
        let sent = all.iter().filter(|done| done.outcome == BlobOutcome::Sent);
        Self {
            present: count(BlobOutcome::Present),
            mounted: count(BlobOutcome::Mounted),
            sent: count(BlobOutcome::Sent),
            bytes: sent.map(|done| done.size).sum(),
        }
    }
}
