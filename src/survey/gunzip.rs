//! Decompresses and hashes the stored bytes of a layer while they are read.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::{GzDecoder, MultiGzDecoder};
use serde::{Deserialize, Serialize};

use crate::digest::{Digest, Hasher};

/// How the bytes of a layer are stored, by their first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stored {
    /// A tar in gzip.
    Gzip {
        /// Gzip members, one behind the other: some decoders read the first only.
        members: u64,
        /// Bytes behind the last member that are not gzip.
        trailing: u64,
    },
    /// A bare tar.
    Tar,
    /// A tar in zstd, which is not unpacked.
    Zstd,
}

/// Counts and hashes what it passes on, and remembers that its source failed: a broken pipe is not a
/// broken layer.
pub struct Hashed<R> {
    inner: R,
    hasher: Hasher,
    pub size: u64,
    pub failed: Option<io::Error>,
}

impl<R> Hashed<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Hasher::default(), size: 0, failed: None }
    }

    pub fn digest(self) -> Digest {
        self.hasher.finish()
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buf) {
            Ok(count) => {
                self.hasher.update(&buf[..count]);
                self.size += count as u64;
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}

/// Unpacks gzip of any number of members; passes a bare tar through.
pub enum Unpack<R: BufRead> {
    /// Inside a member.
    Member { decoder: Box<GzDecoder<R>>, members: u64 },
    /// Not compressed.
    Tar(R),
    /// Compressed with zstd: nothing comes out.
    Zstd(R),
    /// Behind the last member.
    Done { rest: R, members: u64, trailing: u64 },
    /// Between two states only.
    Moving,
}

impl<R: Read> Unpack<BufReader<R>> {
    pub fn new(stored: R) -> io::Result<Self> {
        let mut stored = BufReader::with_capacity(1 << 16, stored);
        // A first read may give a single byte; four tell all kinds apart.
        let head = stored.fill_buf()?;
        Ok(match head {
            [0x1f, 0x8b, ..] | [0x1f] => {
                Unpack::Member { decoder: Box::new(GzDecoder::new(stored)), members: 0 }
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Unpack::Zstd(stored),
            _ => Unpack::Tar(stored),
        })
    }

    /// How the bytes were stored, and the source, read to its end.
    pub fn finish(self) -> Option<(Stored, R)> {
        let (stored, mut rest) = match self {
            Unpack::Done { rest, members, trailing } => (Stored::Gzip { members, trailing }, rest),
            Unpack::Member { decoder, members } => {
                (Stored::Gzip { members: members + 1, trailing: 0 }, decoder.into_inner())
            }
            Unpack::Tar(rest) => (Stored::Tar, rest),
            Unpack::Zstd(rest) => (Stored::Zstd, rest),
            Unpack::Moving => return None,
        };
        // Also after damage: the digest is that of all bytes. A source that fails remembers it.
        let _ = io::copy(&mut rest, &mut io::sink());
        Some((stored, rest.into_inner()))
    }
}

impl<R: BufRead> Read for Unpack<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        loop {
            match self {
                Unpack::Member { decoder, .. } => {
                    let count = decoder.read(buf)?;
                    if count > 0 {
                        return Ok(count);
                    }
                    self.next_member();
                }
                Unpack::Tar(rest) => return rest.read(buf),
                Unpack::Zstd(_) | Unpack::Done { .. } | Unpack::Moving => return Ok(0),
            }
        }
    }
}

impl<R: BufRead> Unpack<R> {
    fn next_member(&mut self) {
        let Unpack::Member { decoder, members } = std::mem::replace(self, Unpack::Moving) else { return };
        let (mut rest, members) = (decoder.into_inner(), members + 1);
        *self = match rest.fill_buf().map(|bytes| bytes.first() == Some(&0x1f)) {
            Ok(true) => Unpack::Member { decoder: Box::new(GzDecoder::new(rest)), members },
            _ => {
                let trailing = io::copy(&mut rest, &mut io::sink()).unwrap_or_default();
                Unpack::Done { rest, members, trailing }
            }
        };
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
