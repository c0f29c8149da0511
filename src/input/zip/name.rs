//! Names of zip members: which ones may become paths.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use std::collections::HashSet;

use super::ZipFault;
use crate::tree::ImagePath;

/// A member's path, and whether its name says that it is a directory. `None` for the root itself,
/// which some archivers store as `./`.
///
/// A `./` in front and doubled `/` are dropped, as every unzip does.
///
/// # Errors
/// [`ZipFault::Name`] for a name that is empty, absolute, not UTF-8, has `..`, a backslash, a drive
/// letter or a NUL byte.
pub(super) fn path(raw: &[u8]) -> Result<Option<(ImagePath, bool)>, ZipFault> {
    let refuse = |reason: String| ZipFault::Name { name: escaped(raw), reason };
    let Ok(name) = std::str::from_utf8(raw) else {
        return Err(refuse("is not UTF-8: rename it, and pack it again".to_owned()));
    };
    let reason = match name.as_bytes() {
        [] => Some("is empty"),
        [b'/', ..] => Some("is an absolute path"),
        bytes if bytes.contains(&0) => Some("has a NUL byte"),
        // Some tools of Windows separate with it: guessing would make one name two paths.
        bytes if bytes.contains(&b'\\') => Some("has a backslash: pack it again with `/` between names"),
        [letter, b':', ..] if letter.is_ascii_alphabetic() => Some("begins with a drive letter"),
        _ => None,
    };
    if let Some(reason) = reason {
        return Err(refuse(reason.to_owned()));
    }
    let parts: Vec<_> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.is_empty() {
        return match name.ends_with('/') {
            true => Ok(None),
            false => Err(refuse("has a `.` component".to_owned())),
        };
    }
    if parts.contains(&"..") {
        return Err(refuse("has a `..` component".to_owned()));
    }
    let path = ImagePath::new(&parts.join("/")).map_err(|error| refuse(format!("is no path: {error}")))?;
    Ok(Some((path, name.ends_with('/'))))
}

/// A name for messages: what is not printable ASCII or text is escaped.
pub(super) fn escaped(raw: &[u8]) -> String {
    std::str::from_utf8(raw)
        .map_or_else(|_| raw.escape_ascii().to_string(), |name| name.escape_debug().to_string())
}

/// The first name that the central directory, at `start` bytes, has twice. The `zip` crate keeps the
/// last of such members and says only that there are some.
pub(super) fn first_duplicate(file: &File, start: u64) -> io::Result<Option<String>> {
    const SIGNATURE: &[u8] = b"PK\x01\x02";
    let mut reader = io::BufReader::new(file);
    reader.seek(SeekFrom::Start(start))?;
    let mut seen = HashSet::new();
    let mut header = [0; 46];
    loop {
        if let Err(error) = reader.read_exact(&mut header) {
            return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
        }
        if !header.starts_with(SIGNATURE) {
            return Ok(None);
        }
        let length = |at: usize| i64::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let (name, rest) = (length(28), length(30) + length(32));
        let mut raw = vec![0; usize::try_from(name).unwrap_or_default()];
        reader.read_exact(&mut raw)?;
        reader.seek_relative(rest)?;
        let text = escaped(&raw);
        if !seen.insert(raw) {
            return Ok(Some(text));
        }
    }
}
