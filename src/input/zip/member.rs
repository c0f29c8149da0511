//! The bytes of one member of a zip: decoded and checked while they are read.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use flate2::bufread::DeflateDecoder;

use super::member_error::Corrupt;
use crate::tree::{Changed, FileStamp, Member};

/// A zip file, open: one descriptor that all its members read from, each at its own place.
pub(super) struct Package {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) stamp: FileStamp,
}

impl Package {
    /// Refuses a file that was written since it was looked at.
    pub(super) fn unchanged(&self) -> io::Result<()> {
        match FileStamp::of(&self.file.metadata()?) == self.stamp {
            true => Ok(()),
            false => Err(io::Error::other(Changed(self.path.clone()))),
        }
    }
}

/// Where the data of a member is, and what it must be.
pub(super) struct ZipMember {
    pub(super) package: Arc<Package>,
    pub(super) name: Box<str>,
    pub(super) deflated: bool,
    /// Where its data starts in the file, in bytes.
    pub(super) start: u64,
    /// Its size in the archive, in bytes.
    pub(super) packed: u64,
    /// Its own size, in bytes.
    pub(super) size: u64,
    pub(super) crc: u32,
}

impl ZipMember {
    fn corrupt(&self, reason: impl Into<String>) -> io::Error {
        let archive = self.package.path.clone();
        let corrupt = Corrupt { archive, name: self.name.to_string(), reason: reason.into() };
        io::Error::new(io::ErrorKind::InvalidData, corrupt)
    }
}

impl ZipMember {
    /// The checked bytes.
    pub(super) fn reader(self: &Arc<Self>) -> io::Result<impl Read + Send + use<>> {
        self.package.unchanged()?;
        let packed = Window { package: Arc::clone(&self.package), at: self.start, left: self.packed };
        let decoder = match self.deflated {
            true => {
                Decoder::Deflated(Box::new(DeflateDecoder::new(BufReader::with_capacity(32 << 10, packed))))
            }
            false => Decoder::Stored(packed),
        };
        let crc = crc32fast::Hasher::new();
        Ok(Checked { member: Arc::clone(self), decoder, crc, left: self.size })
    }
}

/// What [`Member`] needs: the trait hands out `&self`, a reader keeps its member.
pub(super) struct Shared(pub(super) Arc<ZipMember>);

impl Member for Shared {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(self.0.reader()?))
    }

    fn origin(&self) -> String {
        format!("{}: {}", self.0.package.path.display(), self.0.name)
    }
}

/// A stretch of the file, read by position: readers do not disturb each other.
pub(super) struct Window {
    package: Arc<Package>,
    at: u64,
    left: u64,
}

impl Window {
    /// All from that place on.
    pub(super) fn from(package: &Arc<Package>, at: u64) -> Self {
        Self { package: Arc::clone(package), at, left: u64::MAX }
    }
}

impl Read for Window {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        let count = self.package.file.read_at(&mut buf[..most], self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}

enum Decoder {
    Stored(Window),
    Deflated(Box<DeflateDecoder<BufReader<Window>>>),
}

struct Checked {
    member: Arc<ZipMember>,
    decoder: Decoder,
    crc: crc32fast::Hasher,
    left: u64,
}

impl Read for Checked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let count = match &mut self.decoder {
            Decoder::Stored(window) => window.read(buf)?,
            // The decoder's own errors name neither the archive nor the member.
            Decoder::Deflated(decoder) => decoder.read(buf).map_err(|error| match error.kind() {
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                    self.member.corrupt("its compressed data cannot be decoded")
                }
                _ => error,
            })?,
        };
        let size = self.member.size;
        let Some(left) = self.left.checked_sub(count as u64) else {
            return Err(self
                .member
                .corrupt(format!("it is longer than the {size} bytes that the archive states")));
        };
        if count == 0 && left > 0 {
            let reason = format!("it ends after {} of {size} bytes", size - left);
            return Err(self.member.corrupt(reason));
        }
        self.left = left;
        self.crc.update(&buf[..count]);
        // At the last byte already: the reader need not ask once more for the check.
        if left == 0 {
            let crc = self.crc.clone().finalize();
            if crc != self.member.crc {
                let expected = self.member.crc;
                let reason = format!("its CRC-32 is {crc:08x}, expected {expected:08x}");
                return Err(self.member.corrupt(reason));
            }
        }
        Ok(count)
    }
}
