//! The central directory of a zip, walked from its first header to its end record (APPNOTE.TXT of PKWARE,
//! 4.3.12 to 4.3.16), and compared with that record.
//!
//! The `zip` crate reads as many members as the end record counts. A count that wrapped at 65,536, from a writer
//! without ZIP64, or a count that is too small would silently drop members.

use std::collections::HashSet;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use super::member::{Package, Window};
use super::name::escaped;
use crate::input::zip_fault::ZipFault;

const HEADER: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";

/// What the central directory holds.
#[derive(Default)]
pub(super) struct Directory {
    /// Number of its headers.
    pub members: u64,
    /// Their bytes.
    size: u64,
    /// The first name that is in it twice, escaped. The `zip` crate keeps the last of such members.
    pub twice: Option<String>,
}

/// Walks the directory that starts at `start` bytes.
///
/// # Errors
/// [`ZipFault::Count`] and [`ZipFault::Size`] if the end record disagrees with the directory,
/// [`ZipFault::NoEnd`] where none follows the last header; the host's own.
pub(super) fn walk(package: &Arc<Package>, start: u64) -> Result<Directory, ZipFault> {
    let mut directory = headers(package, start)?;
    let end = start.saturating_add(directory.size);
    let end = End::read(package, end)?.ok_or(ZipFault::NoEnd(directory.members))?;
    if directory.members == 0 {
        // The crate takes a count of nothing for an archive of nothing, wherever its directory is.
        directory = headers(package, start.saturating_sub(end.size))?;
    }
    if end.members != directory.members {
        return Err(ZipFault::Count { recorded: end.members, found: directory.members });
    }
    if end.size != directory.size {
        return Err(ZipFault::Size { recorded: end.size, found: directory.size });
    }
    Ok(directory)
}

fn headers(package: &Arc<Package>, start: u64) -> io::Result<Directory> {
    let mut reader = BufReader::new(Window::from(package, start));
    let (mut directory, mut names) = (Directory::default(), HashSet::new());
    let mut header = [0; 46];
    while fill(&mut reader, &mut header)? == header.len() && header.starts_with(HEADER) {
        let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let mut name = vec![0; usize::from(half(28))];
        fill(&mut reader, &mut name)?;
        let rest = u64::from(half(30)) + u64::from(half(32));
        io::copy(&mut reader.by_ref().take(rest), &mut io::sink())?;
        directory.members += 1;
        directory.size += header.len() as u64 + name.len() as u64 + rest;
        if directory.twice.is_none() && names.contains(&name) {
            directory.twice = Some(escaped(&name));
        }
        names.insert(name);
    }
    Ok(directory)
}

/// What the end of a directory says of it.
struct End {
    members: u64,
    size: u64,
}

impl End {
    /// Reads the end record at that place, of ZIP64 where there is one: then its fields count, not the
    /// shorter ones behind it. `None` where there is something else.
    fn read(package: &Arc<Package>, at: u64) -> io::Result<Option<Self>> {
        let mut record = [0; 56];
        let count = fill(&mut Window::from(package, at), &mut record)?;
        let record = &record[..count];
        let number = |at: usize, bytes: usize| {
            let field = record.get(at..at + bytes)?;
            Some(field.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
        };
        let (members, size) = match record.get(..4) {
            Some(END) => (number(10, 2), number(12, 4)),
            Some(END_64) => (number(32, 8), number(40, 8)),
            _ => return Ok(None),
        };
        Ok(members.zip(size).map(|(members, size)| Self { members, size }))
    }
}

/// Fills the buffer as far as there are bytes; returns how many there were.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
