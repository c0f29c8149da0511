//! Where the bytes of a file come from.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use super::FileStamp;
use super::content_error::Changed;
use super::file_facts::{Answer, Facts, Head, Question};
use crate::digest::Digest;
use crate::key::{Key, KeyHasher};

/// The bytes of one file: of known size, and read again each time they are opened.
#[derive(Clone)]
pub struct Content {
    /// In one place: trees of many thousands of files are sorted, split and moved.
    whole: Arc<Whole>,
    head: Option<Arc<[u8]>>,
}

/// The bytes before any of them are replaced.
struct Whole {
    source: Source,
    size: u64,
    modified: Option<i64>,
}

enum Source {
    Host { path: Box<Path>, stamp: FileStamp },
    Bytes { origin: Arc<str>, bytes: Arc<[u8]> },
    Member(Arc<dyn Member>),
}

/// A file inside an archive, such as a zip: how other modules bring their own kind of content.
pub trait Member: Send + Sync {
    /// The bytes, decoded and checked while they are read.
    ///
    /// # Errors
    /// What the archive says, with its path.
    fn open(&self) -> io::Result<Box<dyn Read + Send>>;

    /// Archive and member, for messages.
    fn origin(&self) -> String;
}

/// Bytes of a file's start: the header of a bytecode file (PEP 552).
const START: u64 = 16;

/// How much of a file is read at once where its bytes are not kept.
const PIECE: usize = 1 << 18;

impl Content {
    /// A regular file of the host, as `metadata` (of the file itself, not of a link) saw it.
    pub fn host(path: impl Into<Box<Path>>, metadata: &Metadata) -> Self {
        let source = Source::Host { path: path.into(), stamp: FileStamp::of(metadata) };
        Self::of(source, metadata.size(), Some(metadata.mtime()))
    }

    /// Bytes in memory; `origin` names their maker in messages.
    pub fn bytes(origin: impl Into<Arc<str>>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        Self::of(Source::Bytes { origin: origin.into(), bytes }, size, None)
    }

    /// A member of an archive: `size` bytes, last modified at `modified` seconds since 1970.
    pub fn member(member: Arc<dyn Member>, size: u64, modified: Option<i64>) -> Self {
        Self::of(Source::Member(member), size, modified)
    }

    fn of(source: Source, size: u64, modified: Option<i64>) -> Self {
        Self { whole: Arc::new(Whole { source, size, modified }), head: None }
    }

    /// The same content with its first bytes replaced by `head`, the size staying as it is.
    /// A `head` longer than the content is cut.
    pub fn with_head(mut self, head: impl Into<Arc<[u8]>>) -> Self {
        self.head = Some(head.into());
        self
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.whole.size
    }

    /// When the file was last modified, in seconds since 1970, where its source says so.
    pub fn modified(&self) -> Option<i64> {
        self.whole.modified
    }

    /// Where the bytes come from: a path of the host, an archive and its member, a maker.
    pub fn origin(&self) -> String {
        match &self.whole.source {
            Source::Host { path, .. } => path.display().to_string(),
            Source::Bytes { origin, .. } => origin.to_string(),
            Source::Member(member) => member.origin(),
        }
    }

    /// Opens the bytes for one reading from start to end.
    ///
    /// # Errors
    /// The host's own, and [`Changed`] where a file is no longer the one that was looked at: here, or
    /// at the end of the reading.
    pub fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        let whole: Box<dyn Read + Send> = match &self.whole.source {
            Source::Host { .. } => Box::new(HostReader::open(Arc::clone(&self.whole))?),
            Source::Bytes { bytes, .. } => Box::new(io::Cursor::new(Arc::clone(bytes))),
            Source::Member(member) => member.open()?,
        };
        match &self.head {
            None => Ok(whole),
            Some(head) => Ok(Box::new(HeadReader { inner: whole, head: Arc::clone(head), at: 0 })),
        }
    }

    /// All bytes, for small files.
    ///
    /// # Errors
    /// As [`Content::open`].
    pub fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.size()).unwrap_or_default());
        self.open()?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The first bytes, `limit` at most.
    ///
    /// # Errors
    /// As [`Content::open`], but a change of the file is seen at opening only.
    pub fn peek(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The digest of the bytes.
    ///
    /// # Errors
    /// As [`Content::open`].
    pub fn digest(&self) -> io::Result<Digest> {
        Ok(Digest::of_reader(self.open()?)?.0)
    }

    /// The file of the host that these bytes are, and what its facts call them; `None` for other
    /// contents.
    pub fn file(&self) -> Option<(&FileStamp, Question)> {
        match &self.whole.source {
            Source::Host { stamp, .. } => {
                Some((stamp, Question::Content(Head::new(self.head.as_deref().unwrap_or_default())?)))
            }
            Source::Bytes { .. } | Source::Member(_) => None,
        }
    }

    /// The first 16 bytes, or all where there are fewer: of files with a known start, without a look.
    ///
    /// # Errors
    /// As [`Content::open`].
    pub fn start(&self, facts: &Facts) -> io::Result<Vec<u8>> {
        let Source::Host { stamp, .. } = &self.whole.source else { return self.peek(START) };
        let fact = facts.get_or(stamp, Question::Start, || {
            let start = self.peek(START)?;
            let mut fact = Answer::default();
            fact[..start.len()].copy_from_slice(&start);
            // At most 16.
            fact[16] = start.len() as u8;
            Ok::<_, io::Error>(fact)
        })?;
        Ok(fact[..usize::from(fact[16].min(16))].to_vec())
    }

    /// The key of the bytes, where it can be told without reading a file.
    pub fn known_key(&self, facts: &Facts) -> Option<Key> {
        match (&self.whole.source, &self.head) {
            (Source::Bytes { bytes, .. }, None) => Some(Key::of(bytes)),
            _ => {
                let (stamp, ask) = self.file()?;
                facts.get(stamp, ask).map(Key::from_bytes)
            }
        }
    }

    /// The key of the bytes, which are read where it is not known.
    ///
    /// # Errors
    /// As [`Content::open`].
    pub fn key(&self, facts: &Facts) -> io::Result<Key> {
        if let Some(key) = self.known_key(facts) {
            return Ok(key);
        }
        let (mut reader, mut hasher) = (self.open()?, KeyHasher::default());
        let mut buffer = vec![0; usize::try_from(self.size()).unwrap_or(PIECE).clamp(1, PIECE)];
        loop {
            match reader.read(&mut buffer)? {
                0 => break,
                count => hasher.update(&buffer[..count]),
            }
        }
        let key = hasher.finish();
        self.learn_key(key, facts);
        Ok(key)
    }

    /// Remembers the key of the bytes, when they were read.
    pub fn learn_key(&self, key: Key, facts: &Facts) {
        if let Some((stamp, ask)) = self.file() {
            facts.learn(stamp, ask, *key.as_bytes());
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({}, {} bytes)", self.origin(), self.size())
    }
}

struct HostReader {
    file: File,
    /// The file as it was seen.
    seen: Arc<Whole>,
    left: u64,
}

impl HostReader {
    fn open(seen: Arc<Whole>) -> io::Result<Self> {
        let Source::Host { path, .. } = &seen.source else { return Err(io::ErrorKind::InvalidInput.into()) };
        // Neither follows a link nor waits on a pipe that took the file's place since it was seen.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
        let reader = Self { file, left: seen.size, seen };
        reader.check()?;
        Ok(reader)
    }

    /// The size is part of the stamp.
    fn check(&self) -> io::Result<()> {
        let found = FileStamp::of(&self.file.metadata()?);
        match &self.seen.source {
            Source::Host { path, stamp } if *stamp != found => {
                Err(io::Error::other(Changed(path.to_path_buf())))
            }
            _ => Ok(()),
        }
    }
}

impl Read for HostReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buf)?;
        self.left = self.left.saturating_sub(count as u64);
        // The size is part of the stamp: the reader need not be asked once more for the check.
        if self.left == 0 || count == 0 && !buf.is_empty() {
            self.check()?;
        }
        Ok(count)
    }
}

struct HeadReader {
    inner: Box<dyn Read + Send>,
    head: Arc<[u8]>,
    at: usize,
}

impl Read for HeadReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        let rest = &self.head[self.at.min(self.head.len())..];
        let replaced = rest.len().min(count);
        buf[..replaced].copy_from_slice(&rest[..replaced]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changes_is_an_error_and_a_head_replaces_the_start() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"0123456789").unwrap();
        let content = Content::host(path.clone(), &std::fs::symlink_metadata(&path).unwrap());
        assert_eq!(content.clone().with_head(*b"abc").read().unwrap(), b"abc3456789");
        assert_eq!(content.peek(3).unwrap(), b"012");

        let mut reader = content.open().unwrap();
        std::fs::write(&path, b"9876543210").unwrap();
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("changed while it was being read"), "{error}");
        assert!(content.open().is_err());
    }
}
