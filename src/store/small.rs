//! Small files of the host: settings, logins, certificates.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use super::FileError;

/// The most that a file for people or for other programs is read of, in bytes: far more than anyone writes.
const MOST: u64 = 16 << 20;

/// Opens a file that must be a regular one: what never ends, or waits for a writer, is an error at once.
///
/// # Errors
/// The host's own, and one for every other kind of file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // A pipe opens without its writer, and a terminal becomes nobody's.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

/// The bytes of a small regular file.
///
/// # Errors
/// [`FileError`]: the host's own, and for what is another kind of file or larger than 16 MiB.
pub fn read_small(path: &Path) -> Result<Vec<u8>, FileError> {
    open_regular(path).and_then(read_opened).map_err(FileError::of("read", path))
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
