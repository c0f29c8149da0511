//! Small files of the cache with their own checksum: what is half-written, or was changed since, is
//! not there.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::FileError;
use crate::key::Key;
use crate::store::parent;

/// The bytes that were sealed; `None` where they are not there in full. Nothing here is worth an
/// error: whoever misses it makes it again.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = fs::read(path).ok()?;
    let sum = bytes.len().checked_sub(Key::SIZE)?;
    if Key::of(&bytes[..sum]).as_bytes()[..] != bytes[sum..] {
        return None;
    }
    bytes.truncate(sum);
    Some(bytes)
}

/// Seals `bytes` and gives them the name `path`, at once.
///
/// # Errors
/// [`FileError`] of the host.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let dir = parent(path);
    fs::create_dir_all(dir).map_err(FileError::of("create directory", dir))?;
    let write = || {
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?;
        file.write_all(bytes)?;
        file.write_all(Key::of(bytes).as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(FileError::of("write", path))
}
