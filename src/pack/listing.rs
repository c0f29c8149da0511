//! What a layer holds, read from its stored bytes: the ground on which checks judge, so that they
//! also catch faults of our own packer.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::{GzDecoder, MultiGzDecoder};
use tar::{Archive, EntryType};

use crate::digest::{Digest, HashWriter};

/// One entry of a layer tar, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path to the letter, lossy where it is not UTF-8; directories end in `/`.
    pub path: String,
    /// The kind of entry (POSIX `typeflag`).
    pub kind: EntryType,
    /// Size of the content in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u64, u64),
    /// Seconds since 1970.
    pub mtime: u64,
    /// Target of a symbolic or hard link.
    pub link: Option<String>,
}

/// The entries of a layer in stored order.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Every entry, extended headers folded into the entries they describe.
    pub entries: Vec<Entry>,
    /// Digest of the uncompressed tar.
    pub diff_id: Digest,
    /// Size of the uncompressed tar in bytes.
    pub tar_size: u64,
    /// Whether the gzip file goes on behind its first member: some decoders read that one only.
    pub goes_on: bool,
}

impl Listing {
    /// Reads a gzip-compressed layer to its end. Contents are hashed and dropped.
    ///
    /// # Errors
    /// Those of reading, of gzip (CRC and length included) and of tar.
    pub fn read(compressed: impl Read) -> io::Result<Self> {
        let mut compressed = BufReader::with_capacity(1 << 16, compressed);
        let mut tar = HashWriter::new(io::sink());
        let entries = {
            let mut tee = Tee { from: GzDecoder::new(&mut compressed), to: &mut tar };
            let entries = entries(&mut tee)?;
            io::copy(&mut tee, &mut io::sink())?;
            entries
        };
        let goes_on = !compressed.fill_buf()?.is_empty();
        // To the end, so that a verifying reader below has its say.
        io::copy(&mut compressed, &mut io::sink())?;
        let (_, diff_id, tar_size) = tar.finish();
        Ok(Self { entries, diff_id, tar_size, goes_on })
    }

    /// The ancestors that no entry before their first child names: what Lambda calls
    /// `MissingParentDirectory` (issues of nix2container, apko and rules_aws).
    pub fn missing_parents(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut missing = Vec::new();
        for entry in &self.entries {
            let path = entry.path.trim_start_matches("./").trim_end_matches('/');
            for (at, _) in path.match_indices('/') {
                if seen.insert(path[..at].to_owned()) {
                    missing.push(path[..at].to_owned());
                }
            }
            seen.insert(path.to_owned());
        }
        missing
    }
}

/// The digest and size in bytes of what a gzip file of any number of members unpacks to: a base's layer
/// is what all readers but the strictest make of it.
///
/// # Errors
/// Those of reading and of gzip.
pub fn unpacked(compressed: impl Read) -> io::Result<(Digest, u64)> {
    let mut compressed = BufReader::with_capacity(1 << 16, compressed);
    let unpacked = Digest::of_reader(MultiGzDecoder::new(&mut compressed))?;
    // To the end, so that a verifying reader below has its say.
    io::copy(&mut compressed, &mut io::sink())?;
    Ok(unpacked)
}

fn entries(tar: &mut impl Read) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in Archive::new(tar).entries()? {
        let entry = entry?;
        let header = entry.header();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        entries.push(Entry {
            path: text(&entry.path_bytes()),
            kind: header.entry_type(),
            size: entry.size(),
            mode: header.mode()?,
            owner: (header.uid()?, header.gid()?),
            mtime: header.mtime()?,
            link: entry.link_name_bytes().map(|bytes| text(&bytes)),
        });
    }
    Ok(entries)
}

struct Tee<'a, R> {
    from: R,
    to: &'a mut HashWriter<io::Sink>,
}

impl<R: Read> Read for Tee<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buf)?;
        io::Write::write_all(self.to, &buf[..count])?;
        Ok(count)
    }
}
