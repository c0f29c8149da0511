//! `Stamp`: size, times and identity of a file of the host, to see whether it changed.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

/// What tells that a file of the host is still the one that was looked at: device, inode, size in
/// bytes, mtime and ctime in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileStamp([u64; 5]);

/// Nanoseconds of a second.
const SECOND: i64 = 1_000_000_000;

/// How long two changes of a file can have one time: a tick of the kernel's clock, with room to spare.
const TICK: i64 = SECOND / 20;

/// The same where a file system seems to keep whole seconds: FAT's are two.
const COARSE: i64 = 2 * SECOND;

impl FileStamp {
    /// Bytes of a stamp.
    pub const SIZE: usize = 40;

    /// The stamp of a file by its metadata.
    pub fn of(metadata: &Metadata) -> Self {
        // Until the year 2262.
        let nanos =
            |seconds: i64, nanos: i64| seconds.saturating_mul(SECOND).saturating_add(nanos).cast_unsigned();
        Self([
            metadata.dev(),
            metadata.ino(),
            metadata.size(),
            nanos(metadata.mtime(), metadata.mtime_nsec()),
            nanos(metadata.ctime(), metadata.ctime_nsec()),
        ])
    }

    /// Whether a file with this stamp at the moment `now`, or later, was written before it by more
    /// than the grain of its file system's clock: no further write can hide behind the same times.
    pub fn is_settled(&self, now: i64) -> bool {
        let [modified, changed] = [self.0[3], self.0[4]].map(u64::cast_signed);
        let coarse = modified % SECOND == 0 && changed % SECOND == 0;
        let last = modified.max(changed);
        last < now.saturating_sub(if coarse { COARSE } else { TICK })
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            eight.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// The stamp that these bytes are.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let mut words = [0; 5];
        for (word, eight) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*eight);
        }
        Self(words)
    }
}
