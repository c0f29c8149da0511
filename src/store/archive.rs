//! Random access to the files of a tar archive: what OCI and Docker archives are.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layout::{INDEX_NAME, MARKER_NAME};
use super::small_file::DOCUMENT_MAX;
use super::{FileError, regular_file};
use crate::image::BlobSource;
use crate::survey::Kind;
use crate::survey::tar;
use crate::tree::FileStamp;

/// The list of images of a Docker archive (Docker image specification v1.2).
pub const DOCKER_LIST: &str = "manifest.json";

/// An open tar archive and where each of its files lies.
pub struct TarFile {
    path: PathBuf,
    file: Arc<File>,
    members: BTreeMap<String, MemberData>,
}

enum MemberData {
    Bytes { offset: u64, size: u64 },
    Link(String),
}

impl TarFile {
    /// Opens the archive and reads its headers.
    ///
    /// # Errors
    /// [`FileError`] of the host, of a malformed archive, and of a compressed one.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let file = regular_file::open(path).map_err(FileError::of("open", path))?;
        let mut magic = [0; 4];
        let compressed = file.read_exact_at(&mut magic, 0).is_ok()
            && (magic[..2] == [0x1f, 0x8b] || magic == [0x28, 0xb5, 0x2f, 0xfd]);
        if compressed {
            let error = io::Error::other("the archive is compressed as a whole: decompress it first");
            return Err(FileError::of("read", path)(error));
        }
        let members = members(&file).map_err(FileError::of("read the archive", path))?;
        Ok(Self { path: path.to_owned(), file: Arc::new(file), members })
    }

    /// Whether the archive has a file of that name.
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The bytes of a small file, `None` where there is no such file.
    ///
    /// # Errors
    /// [`FileError`] of the host, and where the file is larger than [`DOCUMENT_MAX`].
    pub fn document(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let Some(member) = self.member(name) else { return Ok(None) };
        let failed = || FileError::of("read", self.path.join(name));
        if member.size > DOCUMENT_MAX {
            return Err(failed()(io::Error::other(format!(
                "it has {} bytes, which is too many",
                member.size
            ))));
        }
        let mut bytes = Vec::new();
        member.open().and_then(|mut reader| reader.read_to_end(&mut bytes)).map_err(failed())?;
        Ok(Some(bytes))
    }

    /// The blob that a file of the archive is, links inside the archive followed.
    pub fn member(&self, name: &str) -> Option<MemberBlob> {
        let (offset, size) = self.find(name)?;
        Some(MemberBlob { file: Arc::clone(&self.file), offset, size })
    }

    fn find(&self, name: &str) -> Option<(u64, u64)> {
        let mut name = name.to_owned();
        // Docker wrote a layer that two images share once, and linked to it: never deeper than this.
        for _ in 0..8 {
            match self.members.get(&name)? {
                MemberData::Bytes { offset, size } => return Some((*offset, *size)),
                MemberData::Link(target) => name.clone_from(target),
            }
        }
        None
    }
}

/// Whether the file at `path`, of `size` bytes, is an archive of images as this tool writes them. Nearly every other
/// file is told by its size or by the name at its start.
pub fn is_images(path: &Path, size: u64) -> bool {
    if size == 0 || !size.is_multiple_of(tar::BLOCK as u64) {
        return false;
    }
    let mut name = [0; 100];
    if !regular_file::open(path).is_ok_and(|file| file.read_exact_at(&mut name, 0).is_ok()) {
        return false;
    }
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let digest = name.split(|byte| *byte == b'.').next().unwrap_or_default();
    let wanted = match name {
        b"blobs/" => &[MARKER_NAME, INDEX_NAME][..],
        _ if digest.len() == 64 && digest.iter().all(u8::is_ascii_hexdigit) => &[DOCKER_LIST],
        _ => return false,
    };
    TarFile::open(path).is_ok_and(|tar| wanted.iter().all(|name| tar.has(name)))
}

fn members(file: &File) -> io::Result<BTreeMap<String, MemberData>> {
    let mut members = BTreeMap::new();
    let mut source = NotRead { file, at: 0, size: file.metadata()?.len() };
    let read = tar::read(&mut source, |entry, offset, _| {
        let name = entry.path.trim_start_matches("./").to_owned();
        let link = entry.link.unwrap_or_default();
        let place = match entry.kind {
            Kind::File => MemberData::Bytes { offset, size: entry.size },
            Kind::Symlink => MemberData::Link(beside(&name, &link)),
            Kind::HardLink => MemberData::Link(link),
            _ => return Ok(()),
        };
        members.insert(name, place);
        Ok(())
    });
    read.map_err(io::Error::other)?;
    Ok(members)
}

/// An archive of which headers alone are read.
struct NotRead<'a> {
    file: &'a File,
    at: u64,
    size: u64,
}

impl Read for NotRead<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buf, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl tar::Source for NotRead<'_> {
    fn skip(&mut self, count: u64) -> io::Result<u64> {
        let skipped = count.min(self.size.saturating_sub(self.at));
        self.at += skipped;
        Ok(skipped)
    }
}

/// What the relative `target` of a link at `name` means inside the archive.
fn beside(name: &str, target: &str) -> String {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// A blob inside an archive.
pub struct MemberBlob {
    file: Arc<File>,
    offset: u64,
    /// Its size in bytes.
    pub size: u64,
}

impl BlobSource for MemberBlob {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(Slice { file: Arc::clone(&self.file), offset: self.offset, left: self.size }))
    }

    fn stamp(&self) -> Option<(FileStamp, u64)> {
        Some((FileStamp::of(&self.file.metadata().ok()?), self.offset))
    }
}

struct Slice {
    file: Arc<File>,
    offset: u64,
    left: u64,
}

impl Read for Slice {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.file.read_at(&mut buf[..wanted], self.offset)?;
        self.offset += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
