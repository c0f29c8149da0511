//! Small files of the host: settings, logins, certificates.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{FileError, regular_file};

/// The most bytes of a JSON file that is read whole: a manifest ends at 4 MiB (`docs/reference/lambda-and-ecr.md`,
/// "Quotas of ECR").
pub const DOCUMENT_MAX: u64 = 4 << 20;

/// The most bytes that are read of a settings file, a login file or the like: far more than such files have.
const MOST: u64 = 16 << 20;

/// The bytes of a small regular file.
///
/// # Errors
/// [`FileError`]: the host's own, and for what is another kind of file or larger than 16 MiB.
pub fn read_small(path: &Path) -> Result<Vec<u8>, FileError> {
    regular_file::open(path).and_then(read_opened).map_err(FileError::of("read", path))
}

/// The same of one that is open.
///
/// # Errors
/// The host's own, and where it is larger than 16 MiB.
pub fn read_opened(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST { Err(io::Error::other("it is larger than 16 MiB")) } else { Ok(bytes) }
}
