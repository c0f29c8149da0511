//! Opens untrusted paths only if they are regular files.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file for reading that has bytes of its own and an end. A pipe, a device or a directory is refused, and
/// none of them is waited for.
///
/// # Errors
/// Those of the host, and [`io::ErrorKind::InvalidInput`] for what is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(flag(OFlags::NONBLOCK)).open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

/// The error about what is not a regular file.
fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// Whether there is something at `path` that is not a regular file: links are not followed.
pub fn is_other(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| !there.is_file())
}

/// A flag of `open`, as the standard library takes it.
pub fn flag(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Whether `path` still leads to `file`.
pub fn is_at(file: &File, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| is(file, &there))
}

/// Whether both are one file.
pub fn is_same(one: &File, other: &File) -> bool {
    other.metadata().is_ok_and(|other| is(one, &other))
}

fn is(file: &File, other: &Metadata) -> bool {
    file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (other.dev(), other.ino()))
}
