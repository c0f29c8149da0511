//! Reads tars of layers and of image archives. Oddities are reported, damage ends the reading, and the contents of
//! the tar do not decide how much memory is used.
//!
//! The `tar` crate parses the fields of a header. It does not iterate over entries here, because it trusts the
//! lengths of names in a hostile archive, and hides the oddities that checks look for.

mod extended;

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::{Damage, Entry, Kind, name};
use crate::tree::DEPTH_MAX;
use extended::{Extended, kept, long, text_of};

/// What a tar is made of, in bytes.
pub const BLOCK: usize = 512;

/// The most bytes of one PAX or GNU extended header.
const EXTENDED_MAX: u64 = 1 << 20;

/// The most entries of a layer: more would not fit into memory.
pub const ENTRIES_MAX: usize = 2_000_000;

/// The most bytes of all names, link targets and keys of records: a hundred for each of 1.3 million entries.
const NAMES_MAX: usize = 128 << 20;

/// The bytes of a tar in order. What is not looked at need not be read where they are in a file.
pub trait Source: Read {
    /// Passes over bytes; returns how many there were.
    ///
    /// # Errors
    /// The host's own.
    fn skip(&mut self, count: u64) -> io::Result<u64>;
}

/// A source that has to be read to its end, such as what a layer unpacks to.
pub struct Stream<R>(pub R);

impl<R: Read> Read for Stream<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl<R: Read> Source for Stream<R> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        io::copy(&mut self.by_ref().take(count), &mut io::sink())
    }
}

/// Reads entries from `stream` and hands each to `each`, with the place of its content and a reader of it.
/// Returns whether zeros ended it: there may be [trailing bytes](trailing_bytes) after them.
///
/// # Errors
/// What `each` returns, and what is wrong with the tar.
pub fn read(
    stream: &mut dyn Source,
    mut each: impl FnMut(Entry, u64, &mut dyn Read) -> Result<(), Damage>,
) -> Result<bool, Damage> {
    let mut extended = Extended::default();
    let (mut at, mut count, mut names) = (0, 0, 0);
    loop {
        let Some(block) = block(stream)? else {
            // Nothing behind the last entry: every reader takes that.
            return Ok(false);
        };
        at += BLOCK as u64;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(true);
        }
        let header = Header::from_byte_slice(&block);
        check_sum(header, &block)?;
        let empty = block[124..136].iter().all(|byte| matches!(byte, 0 | b' '));
        let size = if empty { 0 } else { header.entry_size().map_err(damaged)? };
        let stored = match header.entry_type() {
            EntryType::XHeader => {
                extended.records(&text(stream, size)?)?;
                size
            }
            // Of a whole archive: `git archive` writes its commit so. Not part of any entry.
            EntryType::XGlobalHeader => {
                text(stream, size)?;
                size
            }
            EntryType::GNULongName => {
                extended.path = Some(long(&text(stream, size)?)?);
                size
            }
            EntryType::GNULongLink => {
                extended.link = Some(long(&text(stream, size)?)?);
                size
            }
            _ => {
                count += 1;
                let (entry, stored) = entry(header, size, std::mem::take(&mut extended))?;
                names += weight(&entry);
                if count > ENTRIES_MAX || names > NAMES_MAX {
                    return Err(format!(
                        "it has more than {ENTRIES_MAX} entries, or their names {NAMES_MAX} bytes"
                    ));
                }
                if header.entry_type().is_gnu_sparse() && block[482] == 1 {
                    at += skip_sparse_map(stream)?;
                }
                let mut content = (&mut *stream).take(stored);
                each(entry, at, &mut content)?;
                let left = content.limit();
                if stream.skip(left).map_err(damaged)? < left {
                    return Err("it ends inside a file".to_owned());
                }
                stream.skip(padded(stored).saturating_sub(stored)).map_err(damaged)?;
                stored
            }
        };
        at += padded(stored);
    }
}

/// With what fills the last block.
fn padded(size: u64) -> u64 {
    size.saturating_add(BLOCK as u64 - 1) / BLOCK as u64 * BLOCK as u64
}

/// What an entry takes of what all names may have.
fn weight(entry: &Entry) -> usize {
    entry.path.len()
        + entry.link.as_ref().map_or(0, String::len)
        + entry.pax.iter().map(|key| key.len() + size_of::<String>()).sum::<usize>()
}

fn damaged(error: impl ToString) -> Damage {
    error.to_string()
}

fn block(stream: &mut dyn Source) -> Result<Option<[u8; BLOCK]>, Damage> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match stream.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err("it ends inside a header".to_owned()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(Some(block))
}

/// The number of bytes other than zeros after the first zero block: something that no reader sees.
///
/// # Errors
/// The host's own.
pub fn trailing_bytes(stream: &mut dyn Source) -> Result<u64, Damage> {
    let mut buffer = [0; 8 << 10];
    let mut count = 0;
    loop {
        let read = stream.read(&mut buffer).map_err(damaged)?;
        if read == 0 {
            return Ok(count);
        }
        count += buffer[..read].iter().filter(|byte| **byte != 0).count() as u64;
    }
}

/// The blocks that go on with the map of a sparse file (GNU tar manual, "Storing sparse files"); returns their bytes.
fn skip_sparse_map(stream: &mut dyn Source) -> Result<u64, Damage> {
    let mut skipped = 0;
    while let Some(block) = block(stream)? {
        skipped += BLOCK as u64;
        if block[504] != 1 {
            break;
        }
    }
    Ok(skipped)
}

/// POSIX: the sum of all bytes, the field itself read as spaces.
fn check_sum(header: &Header, block: &[u8; BLOCK]) -> Result<(), Damage> {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let expected = sum(&block[..148]) + 8 * u32::from(b' ') + sum(&block[156..]);
    match header.cksum() {
        Ok(found) if found == expected => Ok(()),
        _ => Err("it holds something that is no header of a tar".to_owned()),
    }
}

fn text(stream: &mut dyn Source, size: u64) -> Result<Vec<u8>, Damage> {
    if size > EXTENDED_MAX {
        return Err(format!("it has an extended header of {size} bytes"));
    }
    let mut bytes = Vec::new();
    stream.take(padded(size)).read_to_end(&mut bytes).map_err(damaged)?;
    if (bytes.len() as u64) < size {
        return Err("it ends inside an extended header".to_owned());
    }
    bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    Ok(bytes)
}

fn entry(header: &Header, size: u64, mut extended: Extended) -> Result<(Entry, u64), Damage> {
    let path = match extended.path.take() {
        Some(path) => path,
        None => text_of(&header.path_bytes())?,
    };
    if name(&path).split('/').count() > DEPTH_MAX {
        return Err(format!("it has a path that is more than {DEPTH_MAX} directories deep"));
    }
    let link = match extended.link.take() {
        Some(link) => Some(link),
        None => header.link_name_bytes().map(|bytes| text_of(&bytes)).transpose()?,
    };
    let kind = match header.entry_type() {
        // Before POSIX, a directory was a file whose name ends so.
        EntryType::Regular | EntryType::Continuous if path.ends_with('/') => Kind::Dir,
        _ if extended.sparse => Kind::Sparse,
        EntryType::Regular => Kind::File,
        EntryType::Directory => Kind::Dir,
        EntryType::Symlink => Kind::Symlink,
        EntryType::Link => Kind::HardLink,
        EntryType::Char => Kind::CharDevice,
        EntryType::Block => Kind::BlockDevice,
        EntryType::Fifo => Kind::Fifo,
        EntryType::GNUSparse => Kind::Sparse,
        other => Kind::Other(other.as_byte()),
    };
    let size = extended.size.unwrap_or(size);
    // What has no content has none, whatever its size says: as Go's archive/tar has it.
    let stored = match kind {
        Kind::File | Kind::Sparse | Kind::Other(_) => size,
        _ => 0,
    };
    let entry = Entry {
        path,
        kind,
        size: stored,
        // Some writers leave fields empty: nothing depends on these.
        mode: header.mode().unwrap_or_default() & 0o7777,
        owner: (
            extended.owner.0.unwrap_or_else(|| header.uid().unwrap_or_default()),
            extended.owner.1.unwrap_or_else(|| header.gid().unwrap_or_default()),
        ),
        mtime: extended.mtime.unwrap_or_else(|| header.mtime().unwrap_or_default().cast_signed()),
        link: link.filter(|_| matches!(kind, Kind::Symlink | Kind::HardLink)),
        pax: kept(extended.pax),
        facts: Vec::new(),
    };
    Ok((entry, stored))
}
