//! The tar format, read with tolerance: what is odd is told, what is broken ends the reading, and no
//! byte of it decides how much memory is used.
//!
//! The `tar` crate reads the fields of a header; it is not asked for entries, because it follows what a
//! hostile archive says about the length of names and hides what checks are about.

use std::io::Read;

use tar::{EntryType, Header};

use super::{Entry, Kind};

const BLOCK: usize = 512;

/// The most bytes of one PAX or GNU extended header.
const EXTENDED_MAX: u64 = 1 << 20;

/// The longest path: four times Linux's own limit.
const PATH_MAX: usize = 16 << 10;

/// The most entries of a layer: more would not fit into memory.
pub const ENTRIES_MAX: usize = 2_000_000;

/// What is wrong with a tar from some point on.
pub type Damage = String;

/// What precedes an entry and belongs to it.
#[derive(Default)]
struct Extended {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
    mtime: Option<i64>,
    owner: (Option<u64>, Option<u64>),
    pax: Vec<String>,
    sparse: bool,
}

/// Reads entries from `stream` and hands each to `each`, with a reader of its content. Returns the
/// number of bytes other than zeros behind the end.
pub fn read(
    stream: &mut dyn Read,
    mut each: impl FnMut(Entry, &mut dyn Read) -> Result<(), Damage>,
) -> Result<u64, Damage> {
    let mut extended = Extended::default();
    let mut count = 0;
    loop {
        let Some(block) = block(stream)? else {
            // Nothing behind the last entry: every reader takes that.
            return Ok(0);
        };
        if block.iter().all(|byte| *byte == 0) {
            return behind(stream);
        }
        let header = Header::from_byte_slice(&block);
        check_sum(header, &block)?;
        let empty = block[124..136].iter().all(|byte| matches!(byte, 0 | b' '));
        let size = if empty { 0 } else { header.entry_size().map_err(damaged)? };
        match header.entry_type() {
            EntryType::XHeader => extended.records(&text(stream, size)?)?,
            // Of a whole archive: `git archive` writes its commit so. Not part of any entry.
            EntryType::XGlobalHeader => drop(text(stream, size)?),
            EntryType::GNULongName => extended.path = Some(long(&text(stream, size)?)?),
            EntryType::GNULongLink => extended.link = Some(long(&text(stream, size)?)?),
            _ => {
                count += 1;
                if count > ENTRIES_MAX {
                    return Err(format!("it has more than {ENTRIES_MAX} entries"));
                }
                let sparse_map = header.entry_type().is_gnu_sparse();
                let (entry, stored) = entry(header, size, std::mem::take(&mut extended))?;
                if sparse_map && block[482] == 1 {
                    skip_sparse_map(stream)?;
                }
                let mut content = stream.take(stored);
                each(entry, &mut content)?;
                skip(&mut content)?;
                if content.limit() > 0 {
                    return Err("it ends inside a file".to_owned());
                }
                let padding = stored.next_multiple_of(BLOCK as u64) - stored;
                skip(&mut stream.take(padding))?;
            }
        }
    }
}

fn damaged(error: impl ToString) -> Damage {
    error.to_string()
}

fn block(stream: &mut dyn Read) -> Result<Option<[u8; BLOCK]>, Damage> {
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

/// Everything behind the first zero block: padding, or something that no reader sees.
fn behind(stream: &mut dyn Read) -> Result<u64, Damage> {
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

fn skip(content: &mut dyn Read) -> Result<(), Damage> {
    let mut buffer = [0; 16 << 10];
    while content.read(&mut buffer).map_err(damaged)? > 0 {}
    Ok(())
}

/// The blocks that go on with the map of a sparse file (GNU tar manual, "Storing sparse files").
fn skip_sparse_map(stream: &mut dyn Read) -> Result<(), Damage> {
    while let Some(block) = block(stream)? {
        if block[504] != 1 {
            break;
        }
    }
    Ok(())
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

fn text(stream: &mut dyn Read, size: u64) -> Result<Vec<u8>, Damage> {
    if size > EXTENDED_MAX {
        return Err(format!("it has an extended header of {size} bytes"));
    }
    let mut bytes = Vec::new();
    let padded = size.next_multiple_of(BLOCK as u64);
    stream.take(padded).read_to_end(&mut bytes).map_err(damaged)?;
    if (bytes.len() as u64) < size {
        return Err("it ends inside an extended header".to_owned());
    }
    bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    Ok(bytes)
}

/// A name in GNU's form: up to a zero byte.
fn long(bytes: &[u8]) -> Result<String, Damage> {
    path(bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

/// A path as text, whatever its bytes.
fn path(bytes: &[u8]) -> Result<String, Damage> {
    if bytes.len() > PATH_MAX {
        return Err(format!("it has a path of {} bytes", bytes.len()));
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    Ok(out)
}

fn entry(header: &Header, size: u64, mut extended: Extended) -> Result<(Entry, u64), Damage> {
    let name = match extended.path.take() {
        Some(name) => name,
        None => path(&header.path_bytes())?,
    };
    let link = match extended.link.take() {
        Some(link) => Some(link),
        None => header.link_name_bytes().map(|bytes| path(&bytes)).transpose()?,
    };
    let kind = match header.entry_type() {
        // Before POSIX, a directory was a file whose name ends so.
        EntryType::Regular | EntryType::Continuous if name.ends_with('/') => Kind::Dir,
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
        path: name,
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
        pax: extended.pax,
        facts: Vec::new(),
    };
    Ok((entry, stored))
}

impl Extended {
    /// PAX records: `<length> <key>=<value>\n` (POSIX pax, "Extended header").
    fn records(&mut self, mut bytes: &[u8]) -> Result<(), Damage> {
        let malformed = || "it has a malformed PAX header".to_owned();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ').ok_or_else(malformed)?;
            let length =
                std::str::from_utf8(&bytes[..space]).ok().and_then(|text| text.parse::<usize>().ok());
            let length = length.filter(|length| *length > space + 1).ok_or_else(malformed)?;
            let record = bytes.get(space + 1..length).and_then(|record| record.strip_suffix(b"\n"));
            let record = record.ok_or_else(malformed)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
            self.record(&path(&record[..equals])?, &record[equals + 1..])?;
            bytes = &bytes[length..];
        }
        Ok(())
    }

    fn record(&mut self, key: &str, value: &[u8]) -> Result<(), Damage> {
        let number = || {
            let text = std::str::from_utf8(value).unwrap_or_default();
            text.parse::<u64>().map_err(|_| format!("it has a PAX record `{key}` that is no number"))
        };
        match key {
            "path" | "GNU.sparse.name" => self.path = Some(path(value)?),
            "linkpath" => self.link = Some(path(value)?),
            "size" => self.size = Some(number()?),
            "uid" => self.owner.0 = Some(number()?),
            "gid" => self.owner.1 = Some(number()?),
            "mtime" => {
                let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
                self.mtime = std::str::from_utf8(whole).ok().and_then(|text| text.parse().ok());
            }
            "atime" | "ctime" | "uname" | "gname" => {}
            _ => {
                self.sparse |= key.starts_with("GNU.sparse.");
                self.pax.push(key.to_owned());
            }
        }
        Ok(())
    }
}
