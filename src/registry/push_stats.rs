//! What a push did with its blobs.

use std::ops::AddAssign;

use super::upload::Outcome;
use crate::digest::Digest;

/// A blob that is in the repository now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// How it got there.
    pub outcome: Outcome,
}

/// What a push did with the blobs of one repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Blobs that were there.
    pub present: usize,
    /// Blobs mounted from another repository.
    pub mounted: usize,
    /// Blobs sent.
    pub sent: usize,
    /// Bytes of the blobs sent, tries that failed not counted.
    pub bytes: u64,
}

impl AddAssign for Sent {
    fn add_assign(&mut self, other: Self) {
        self.present += other.present;
        self.mounted += other.mounted;
        self.sent += other.sent;
        self.bytes += other.bytes;
    }
}

impl Sent {
    /// The sum of what was done.
    pub(super) fn of(all: &[Done]) -> Self {
        let count = |outcome| all.iter().filter(|done| done.outcome == outcome).count();
        let sent = all.iter().filter(|done| done.outcome == Outcome::Sent);
        Self {
            present: count(Outcome::Present),
            mounted: count(Outcome::Mounted),
            sent: count(Outcome::Sent),
            bytes: sent.map(|done| done.size).sum(),
        }
    }
}
