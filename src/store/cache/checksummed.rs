//! Small files of the cache with a checksum over kind, name and content. A file that is truncated, changed or renamed
//! counts as missing.

use std::fs;
use std::io::{Read, Write};

use super::{Cache, FileError, regular_file, touch};
use crate::key::{Key, KeyHasher};
use crate::store::parent;

/// The form of records: what another version of the program left is not there.
const FORM: &[u8] = b"lambda-img record 2";

/// The most bytes of a record. The largest are facts of files, 122 bytes each.
const MAX: u64 = 1 << 30;

/// What a record is: the directory that its kind has, and its name there. Both are sealed with its bytes, so that
/// none can stand for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The record of that name among those of a `kind`.
    pub fn new(kind: &str, name: impl std::fmt::Display) -> Self {
        Self(format!("{kind}/{name}"))
    }

    /// The record at this path in the cache.
    pub fn at(path: String) -> Self {
        Self(path)
    }

    /// Its path in the cache.
    pub fn path(&self) -> &str {
        &self.0
    }

    fn seal(&self, bytes: &[u8]) -> Key {
        let mut seal = KeyHasher::default();
        seal.field(FORM);
        seal.field(self.0.as_bytes());
        seal.field(bytes);
        seal.finish()
    }
}

impl Cache {
    /// The bytes that were sealed; `None` where they are not there in full. Nothing here is worth an
    /// error: the caller makes it again.
    pub(super) fn record(&self, title: &Title) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = regular_file::open(&self.root.join(title.path())).ok()?;
        file.take(MAX).read_to_end(&mut bytes).ok()?;
        let sum = bytes.len().checked_sub(Key::SIZE)?;
        if title.seal(&bytes[..sum]).as_bytes()[..] != bytes[sum..] {
            return None;
        }
        bytes.truncate(sum);
        Some(bytes)
    }

    /// Seals `bytes` and gives them their name, at once.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub(super) fn keep_record(&self, title: &Title, bytes: &[u8]) -> Result<(), FileError> {
        self.create_dirs()?;
        let path = self.root.join(title.path());
        let dir = parent(&path);
        fs::create_dir_all(dir).map_err(FileError::of("create directory", dir))?;
        let write = || {
            let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?;
            file.write_all(bytes)?;
            file.write_all(title.seal(bytes).as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(FileError::of("write", &path))
    }

    /// Marks a record as used now.
    pub(super) fn mark_used(&self, title: &Title) {
        regular_file::open(&self.root.join(title.path())).iter().for_each(touch);
    }
}
