//! The tar half of layer format 2: header records made by us, field by field.
//!
//! The `tar` crate's own `append_*` functions stat files, follow links and write GNU records; only
//! its header type is used here.

use std::io::{self, Write};

use tar::{EntryType, Header};

use crate::epoch::Epoch;
use crate::tree::{FileTree, ImagePath, Node};

/// Size of a tar record in bytes (POSIX pax, "ustar Interchange Format").
pub const RECORD: usize = 512;

/// The two zero records that end an archive.
pub const END: [u8; 2 * RECORD] = [0; 2 * RECORD];

/// The name of every PAX extended header; Python's `tarfile` writes the same.
const PAX_NAME: &[u8] = b"././@PaxHeader";

/// The least size in bytes that eleven octal digits cannot say.
const HUGE: u64 = 1 << 33;

/// The records that stand before the bytes of an entry: a ustar header, behind PAX records where
/// ustar cannot say its path, link target or size.
pub fn header(path: &ImagePath, node: &Node, epoch: Epoch) -> Vec<u8> {
    let (kind, mode, size, target) = match node {
        Node::Dir { sticky } => (EntryType::Directory, if *sticky { 0o1777 } else { 0o755 }, 0, ""),
        Node::File { content, executable } => {
            (EntryType::Regular, if *executable { 0o755 } else { 0o644 }, content.size(), "")
        }
        Node::Symlink { target, .. } => (EntryType::Symlink, 0o777, 0, target.as_str()),
    };
    let name = if kind == EntryType::Directory { format!("{path}/") } else { path.to_string() };

    let pax = pax(&name, target, size);
    let split = split_name(&name);
    let stored_size = if size >= HUGE { 0 } else { size };
    let mut out = Vec::with_capacity(RECORD);
    if !pax.is_empty() {
        let header = record(EntryType::XHeader, 0o644, pax.len() as u64, (b"", PAX_NAME), b"", epoch);
        out.extend_from_slice(header.as_bytes());
        out.extend_from_slice(&pax);
        out.resize(out.len() + padding(pax.len() as u64), 0);
    }
    let plain = ascii_start(&name);
    let names = split.unwrap_or((b"", &plain));
    out.extend_from_slice(record(kind, mode, stored_size, names, &ascii_start(target), epoch).as_bytes());
    out
}

/// The length in bytes of what [`header`] makes.
pub fn header_len(path: &ImagePath, node: &Node) -> u64 {
    let pax = match node {
        Node::Dir { .. } if path.as_str().len() < 100 && path.as_str().is_ascii() => Vec::new(),
        Node::Dir { .. } => pax(&format!("{path}/"), "", 0),
        Node::File { content, .. } => pax(path.as_str(), "", content.size()),
        Node::Symlink { target, .. } => pax(path.as_str(), target, 0),
    };
    let records = if pax.is_empty() { 0 } else { RECORD + pax.len().next_multiple_of(RECORD) };
    (RECORD + records) as u64
}

/// The PAX records of an entry: what ustar cannot say of it.
fn pax(name: &str, target: &str, size: u64) -> Vec<u8> {
    let mut pax = Vec::new();
    if split_name(name).is_none() {
        pax_record(&mut pax, "path", name.as_bytes());
    }
    if target.len() > 100 || !target.is_ascii() {
        pax_record(&mut pax, "linkpath", target.as_bytes());
    }
    if size >= HUGE {
        pax_record(&mut pax, "size", size.to_string().as_bytes());
    }
    pax
}

/// Bytes of zeros that fill the last record of `size` bytes of content.
pub fn padding(size: u64) -> usize {
    // Less than a record: the conversion cannot cut anything.
    (size.next_multiple_of(RECORD as u64) - size) as usize
}

/// Writes `tree` as a bare tar archive: the container of an OCI or Docker archive.
///
/// # Errors
/// Those of reading the contents and of writing.
pub fn write(tree: &FileTree, epoch: Epoch, out: &mut impl Write) -> io::Result<()> {
    for (path, node) in tree.iter() {
        out.write_all(&header(path, node, epoch))?;
        if let Node::File { content, .. } = node {
            io::copy(&mut content.open()?, out)?;
            out.write_all(&END[..padding(content.size())])?;
        }
    }
    out.write_all(&END)
}

fn record(
    kind: EntryType,
    mode: u32,
    size: u64,
    (prefix, name): (&[u8], &[u8]),
    target: &[u8],
    epoch: Epoch,
) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(epoch.seconds());
    header.set_size(size);
    if let Some(fields) = header.as_ustar_mut() {
        fields.prefix[..prefix.len()].copy_from_slice(prefix);
        fields.name[..name.len()].copy_from_slice(name);
        fields.linkname[..target.len()].copy_from_slice(target);
    }
    header.set_cksum();
    header
}

/// `name` as ustar's prefix (at most 155 bytes) and name (at most 100), split at a `/`; `None` where
/// there is no such split or a byte is not ASCII. The longest prefix that fits is taken.
fn split_name(name: &str) -> Option<(&[u8], &[u8])> {
    if !name.is_ascii() {
        return None;
    }
    let bytes = name.as_bytes();
    if bytes.len() <= 100 {
        return Some((b"", bytes));
    }
    let at = bytes.iter().take(156).rposition(|byte| *byte == b'/')?;
    let (prefix, rest) = (&bytes[..at], &bytes[at + 1..]);
    (!rest.is_empty() && rest.len() <= 100).then_some((prefix, rest))
}

/// What stands in a header field that a PAX record overrides: for people who look at the bytes.
fn ascii_start(text: &str) -> Vec<u8> {
    text.bytes().take(100).map(|byte| if byte.is_ascii() { byte } else { b'_' }).collect()
}

/// `<length> <key>=<value>\n`, where the length counts itself (POSIX pax, "pax Header Block").
fn pax_record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Content;
    use std::io::Read;

    fn tree_of(names: &[String]) -> FileTree {
        let mut tree = FileTree::new();
        for name in names {
            let content = Content::bytes("test", name.as_bytes());
            tree.insert(ImagePath::new(name).unwrap(), Node::File { content, executable: false }).unwrap();
        }
        tree
    }

    #[test]
    fn names_of_every_length_come_back() {
        let mut names: Vec<String> =
            (90..270).map(|n| format!("{}/{}", "d".repeat(n / 2), "f".repeat(n / 2))).collect();
        names.extend((200..255).map(|n| "x".repeat(n)));
        names.extend(["é/ü".into(), format!("{}/x", "ü".repeat(70)), "new\nline".into()]);
        let tree = tree_of(&names);
        let mut bytes = Vec::new();
        write(&tree, Epoch::default(), &mut bytes).unwrap();
        for (path, node) in tree.iter() {
            assert_eq!(header(path, node, Epoch::default()).len() as u64, header_len(path, node), "{path}");
        }
        let mut archive = tar::Archive::new(&bytes[..]);
        let mut seen = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            if entry.header().entry_type().is_file() {
                assert_eq!(content, name);
            }
            seen.push(name.trim_end_matches('/').to_owned());
        }
        let expected: Vec<_> = tree.iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_size_that_octal_cannot_say_goes_into_a_record() {
        struct Huge;
        impl crate::tree::Member for Huge {
            fn open(&self) -> io::Result<Box<dyn Read + Send>> {
                Ok(Box::new(io::empty()))
            }
            fn origin(&self) -> String {
                String::new()
            }
        }
        let content = Content::member(std::sync::Arc::new(Huge), HUGE, None);
        let node = Node::File { content, executable: false };
        let bytes = header(&ImagePath::new("f").unwrap(), &node, Epoch::default());
        assert_eq!(bytes.len(), 3 * RECORD);
        assert!(bytes[RECORD..].starts_with(b"19 size=8589934592\n"));
    }
}
