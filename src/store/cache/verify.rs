//! Verifies every file of the cache.

use std::fs;
use std::path::Path;

use super::checksummed::Title;
use super::{Cache, FileError, regular_file, remove};
use crate::digest::Digest;

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Blobs and records that are whole.
    pub whole: usize,
    /// Those that were not, and are gone: their paths in the cache.
    pub removed: Vec<String>,
}

impl Cache {
    /// Reads everything but unfinished downloads, and removes what is corrupt. Builds need not wait for
    /// this: they verify what they use.
    ///
    /// # Errors
    /// [`FileError`] of the host.
    pub fn verify(&self) -> Result<Verified, FileError> {
        let mut verified = Verified::default();
        for path in self.whole_files()? {
            let name = path.strip_prefix(self.root()).unwrap_or(&path);
            // What went meanwhile does not count.
            if fs::symlink_metadata(&path).is_err() {
                continue;
            }
            let title = || name.to_str().map(|name| Title::at(name.to_owned()));
            let whole = match name.starts_with("blobs") {
                _ if regular_file::is_other(&path) => false,
                true => is_blob(&path)?,
                false => title().is_some_and(|title| self.record(&title).is_some()),
            };
            if whole {
                verified.whole += 1;
            } else {
                remove(&path)?;
                verified.removed.push(name.display().to_string());
            }
        }
        verified.removed.sort();
        Ok(verified)
    }
}

fn is_blob(path: &Path) -> Result<bool, FileError> {
    let named = path.file_name().and_then(|name| format!("sha256:{}", name.to_str()?).parse::<Digest>().ok());
    let Some(named) = named else { return Ok(false) };
    match regular_file::open(path).and_then(Digest::of_reader) {
        Ok((found, _)) => Ok(found == named),
        Err(_) if fs::symlink_metadata(path).is_err() => Ok(true),
        Err(error) => Err(FileError::of("read", path)(error)),
    }
}
