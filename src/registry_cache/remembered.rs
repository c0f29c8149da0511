//! The entries that earlier builds of this machine found.

use super::client::RegistryCache;
use super::entry_name::EntryName;
use super::read::Stored;
use crate::digest::Digest;
use crate::key::{Key, KeyHasher};
use crate::reference::Reference;
use crate::store::cache::RecordKind;

/// The most entries that are remembered on this machine.
const REMEMBERED: usize = 4096;

/// Nanoseconds after which a repository is asked again: an entry that was deleted because it is wrong is not used for
/// longer.
const A_DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

impl RegistryCache {
    /// What an earlier build of this machine found, at most a day ago.
    pub(super) fn remembered(&self, at: &Reference, name: &EntryName) -> Option<Stored> {
        let bytes = self.local().memo(RecordKind::Shared, record(at, name))?;
        let (found_at, bytes) = bytes.split_first_chunk()?;
        lasts_until(i64::from_le_bytes(*found_at), self.began()).then(|| Stored::from_bytes(bytes))?
    }

    /// Remembers an entry that was found now for the next build of this machine.
    pub(super) fn remember(&self, at: &Reference, name: &EntryName, stored: &Stored) {
        let bytes = [&self.began().to_le_bytes()[..], &stored.to_bytes()].concat();
        self.local().keep_memo(RecordKind::Shared, record(at, name), &bytes);
    }

    /// The repository is asked again for an entry.
    pub(super) fn forget(&self, at: &Reference, name: &EntryName) {
        self.local().forget_memo(RecordKind::Shared, record(at, name));
    }

    /// The size of a blob that a repository stated once: it has no other.
    pub(super) fn remembered_size(&self, at: &Reference, digest: Digest) -> Option<u64> {
        let bytes = self.local().memo(RecordKind::Shared, size_record(at, digest))?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// Remembers the size of a blob that a repository states.
    pub(super) fn remember_size(&self, at: &Reference, digest: Digest, size: u64) {
        self.local().keep_memo(RecordKind::Shared, size_record(at, digest), &size.to_le_bytes());
    }

    /// Whether the layer of the entry that says this was found to be what this program writes for its table.
    pub(super) fn remembers_records(&self, said: Digest) -> bool {
        self.local().memo(RecordKind::Shared, records_record(said)).is_some()
    }

    /// Remembers that.
    pub(super) fn remember_records(&self, said: Digest) {
        self.local().keep_memo(RecordKind::Shared, records_record(said), b"true");
    }

    /// Forgets the entries that this machine used least recently, where it remembers too many.
    pub fn trim(&self) {
        self.local().trim_memos(RecordKind::Shared, REMEMBERED);
    }
}

/// Whether what was found then is still remembered now.
fn lasts_until(found_at: i64, now: i64) -> bool {
    now.checked_sub(found_at).is_some_and(|age| (0..=A_DAY).contains(&age))
}

/// Where an entry is remembered.
fn record(at: &Reference, name: &EntryName) -> Key {
    let mut hasher = KeyHasher::default();
    hasher.field(at.to_string().as_bytes());
    hasher.field(name.tag().as_bytes());
    hasher.finish()
}

/// Where the size of a blob is remembered.
fn size_record(at: &Reference, digest: Digest) -> Key {
    let mut hasher = KeyHasher::default();
    hasher.field(b"size");
    hasher.field(at.to_string().as_bytes());
    hasher.field(digest.as_bytes());
    hasher.finish()
}

/// Where it is remembered that the layer of an entry is what this program writes for its table.
fn records_record(said: Digest) -> Key {
    let mut hasher = KeyHasher::default();
    hasher.field(b"packed");
    hasher.field(said.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_remembered_for_a_day() {
        for (found_at, now, lasts) in [
            (7, 7, true),
            (7, 7 + A_DAY, true),
            (7, 8 + A_DAY, false),
            (7, 6, false),
            (i64::MAX, i64::MIN, false),
            (i64::MIN, i64::MAX, false),
        ] {
            assert_eq!(lasts_until(found_at, now), lasts, "{found_at} {now}");
        }
    }
}
