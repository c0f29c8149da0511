//! The ignore file at the top of an input.

use std::io::{self, Read};

use super::error::InputError;

/// Its names; the first that is there is in force, and none of them goes into an image.
pub(super) const NAMES: [&str; 2] = [".lambdaignore", ".dockerignore"];

/// The most bytes that it may have: far more than a file that is written by hand.
const MAX_SIZE: u64 = 1 << 20;

/// The text of the ignore file that `open` reads; `origin` names it.
///
/// # Errors
/// [`InputError::IgnoreFile`] where it is not a regular file (so that no link is followed), not UTF-8 or
/// longer than 1 MiB; [`InputError::Read`].
pub(super) fn read<R: Read>(
    is_file: bool,
    origin: &str,
    open: impl FnOnce() -> io::Result<R>,
) -> Result<String, InputError> {
    let wrong = |reason| InputError::IgnoreFile { origin: origin.to_owned(), reason };
    if !is_file {
        return Err(wrong("is no regular file"));
    }
    let mut bytes = Vec::new();
    let read = open().and_then(|reader| reader.take(MAX_SIZE + 1).read_to_end(&mut bytes));
    read.map_err(|source| InputError::Read { path: origin.into(), source })?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(wrong("is longer than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| wrong("is not UTF-8"))
}
