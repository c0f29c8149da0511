//! Tars whose headers mean harm, written by hand.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

/// A header of this type and size, with a right sum.
pub fn header(kind: tar::EntryType, size: u64) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_path("var/task/file").unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// A file without content whose path a PAX record says.
pub fn with_path(path: &str) -> Vec<u8> {
    let rest = format!(" path={path}\n");
    // Its own digits count too.
    let digits = (1..8).find(|digits| (rest.len() + digits).to_string().len() == *digits).unwrap();
    let length = rest.len() + digits;
    let record = format!("{length}{rest}");
    let mut out = header(tar::EntryType::XHeader, record.len() as u64);
    out.extend(record.as_bytes());
    out.resize(out.len().next_multiple_of(512), 0);
    out.extend(header(tar::EntryType::Regular, 0));
    out
}

/// A tar of these entries.
pub fn tar(entries: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::new();
    entries.into_iter().for_each(|entry| out.extend_from_slice(&entry));
    out.extend([0; 1024]);
    out
}

/// Writes a tar that begins with an extended header of that many bytes, all of them holes.
pub fn extended(path: &Path, kind: tar::EntryType, size: u64) {
    let mut file = File::create(path).unwrap();
    file.write_all(&header(kind, size)).unwrap();
    file.seek(SeekFrom::Start(512 + size.next_multiple_of(512))).unwrap();
    file.write_all(&tar([header(tar::EntryType::Regular, 0)])).unwrap();
}
