//! Facts about files of the host, by their stamps. A file that has not changed need not be read again.

// Not for users of the library: it is public for the command line and for tests.
#![doc(hidden)]

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::FileStamp;
use crate::work::lock;

/// What can be known of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// The key of its bytes with these first bytes instead of its own; an empty list replaces nothing.
    Content(Head),
    /// Its first 16 bytes, or all where there are fewer; the number of them stands behind.
    Start,
    /// The source hash that Python's import system keys with this magic number (PEP 552).
    SourceHash(u16),
    /// The SHA-256 of the blob that begins at this offset: at 0, of the whole file.
    Blob(u64),
}

/// Bytes in the place of a file's first ones: at most 16, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Head([u8; 16], u8);

/// What is known: 32 bytes, to be read as [`Question`] says.
pub type Answer = [u8; 32];

/// Facts of an earlier build, and those that this one learns. A stamp stands for its file's bytes as
/// long as nothing was written to the file within the clock's grain: git's rule for racy files. So
/// what changed shortly before the build began, or since, is not remembered.
#[derive(Debug, Default)]
pub struct Facts {
    /// In order: they come so from the cache, and nothing has to be built to look one up.
    known: Vec<Known>,
    learned: Mutex<HashMap<(FileStamp, Question), Answer>>,
    /// Blobs that this process hashed, or wrote: links to them move their stamps.
    hashed: Mutex<BTreeSet<PathBuf>>,
    /// Nanoseconds since 1970 when the build began, by the clock of the kernel's file systems.
    began: Option<i64>,
}

#[derive(Debug)]
struct Known {
    about: (FileStamp, Question),
    answer: Answer,
    /// Whether this build had a use for it.
    used: AtomicBool,
}

impl Head {
    /// `None` where there are more than 16 bytes.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut head = [0; 16];
        head.get_mut(..bytes.len())?.copy_from_slice(bytes);
        // At most 16.
        Some(Self(head, bytes.len() as u8))
    }
}

impl Facts {
    /// Those facts, in a build that began at `began`.
    pub fn new(known: impl IntoIterator<Item = (FileStamp, Question, Answer)>, began: i64) -> Self {
        let unused = |(stamp, question, answer)| Known {
            about: (stamp, question),
            answer,
            used: AtomicBool::new(false),
        };
        let mut known: Vec<_> = known.into_iter().map(unused).collect();
        if !known.is_sorted_by_key(|known| known.about) {
            known.sort_by_key(|known| known.about);
        }
        Self { known, began: Some(began), ..Self::default() }
    }

    /// What is known of the file with this stamp: also by another name, where functions have links to it.
    pub fn get(&self, stamp: &FileStamp, question: Question) -> Option<Answer> {
        let about = (*stamp, question);
        let Ok(at) = self.known.binary_search_by_key(&about, |known| known.about) else {
            return lock(&self.learned).get(&about).copied();
        };
        self.known[at].used.store(true, Ordering::Relaxed);
        Some(self.known[at].answer)
    }

    /// Remembers what was found out, if the stamp says enough about the file; tells whether it did.
    pub fn learn(&self, stamp: &FileStamp, question: Question, answer: Answer) -> bool {
        let settled = self.began.is_some_and(|began| stamp.is_settled(began));
        if settled {
            lock(&self.learned).insert((*stamp, question), answer);
        }
        settled
    }

    /// Whether this process found the file at `path` to hold what its name says, or wrote it so.
    pub fn is_hashed(&self, path: &Path) -> bool {
        lock(&self.hashed).contains(path)
    }

    /// This process did.
    pub fn hashed(&self, path: PathBuf) {
        lock(&self.hashed).insert(path);
    }

    /// What is known, else what `find` finds, which is remembered.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn get_or<E>(
        &self,
        stamp: &FileStamp,
        question: Question,
        find: impl FnOnce() -> Result<Answer, E>,
    ) -> Result<Answer, E> {
        if let Some(answer) = self.get(stamp, question) {
            return Ok(answer);
        }
        let answer = find()?;
        self.learn(stamp, question, answer);
        Ok(answer)
    }

    /// Everything in order, if something was learned. What this build had no use for, such as facts of files that
    /// changed since, stays only while there is less of it than of the rest: another build of the same
    /// function may have a use for it.
    pub fn to_keep(&self) -> Option<Vec<(FileStamp, Question, Answer)>> {
        let learned = lock(&self.learned);
        if learned.is_empty() {
            return None;
        }
        let (used, unused): (Vec<_>, Vec<_>) =
            self.known.iter().partition(|known| known.used.load(Ordering::Relaxed));
        let unused = if unused.len() < used.len() + learned.len() { unused } else { Vec::new() };
        let known = used
            .into_iter()
            .chain(unused)
            .map(|Known { about: (stamp, question), answer, .. }| (*stamp, *question, *answer));
        let mut all: Vec<_> = known
            .chain(learned.iter().map(|((stamp, question), answer)| (*stamp, *question, *answer)))
            .collect();
        all.sort_unstable_by_key(|(stamp, question, _)| (*stamp, *question));
        Some(all)
    }
}

impl Question {
    /// As bytes: a kind, and what belongs to it.
    pub fn to_bytes(self) -> [u8; 18] {
        let mut bytes = [0; 18];
        match self {
            Question::Content(Head(head, length)) => {
                bytes[1] = length;
                bytes[2..].copy_from_slice(&head);
            }
            Question::Start => bytes[0] = 1,
            Question::SourceHash(magic) => {
                bytes[0] = 2;
                bytes[2..4].copy_from_slice(&magic.to_le_bytes());
            }
            Question::Blob(offset) => {
                bytes[0] = 3;
                bytes[2..10].copy_from_slice(&offset.to_le_bytes());
            }
        }
        bytes
    }

    /// From bytes; `None` for a kind that is not known.
    pub fn from_bytes(bytes: &[u8; 18]) -> Option<Self> {
        let eight = |at: usize| bytes[at..].first_chunk().map(|chunk| u64::from_le_bytes(*chunk));
        match bytes[0] {
            0 => Some(Question::Content(Head(*bytes.last_chunk()?, bytes[1]))),
            1 => Some(Question::Start),
            2 => Some(Question::SourceHash(u16::from_le_bytes([bytes[2], bytes[3]]))),
            3 => Some(Question::Blob(eight(2)?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn questions_come_back_from_their_bytes() {
        let head = Head::new(b"0123456789ab").unwrap();
        for question in [
            Question::Content(Head::default()),
            Question::Content(head),
            Question::Start,
            Question::SourceHash(3495),
            Question::Blob(7),
        ] {
            assert_eq!(Question::from_bytes(&question.to_bytes()), Some(question));
        }
        assert!(Head::new(&[0; 17]).is_none());
        assert_eq!(Question::from_bytes(&[9; 18]), None);
    }

    #[test]
    fn what_nobody_uses_goes_once_it_is_the_most() {
        let stamp = FileStamp::from_bytes(&[1; FileStamp::SIZE]);
        let facts = |known: u64| {
            let facts = Facts::new((0..known).map(|at| (stamp, Question::Blob(at), [0; 32])), i64::MAX);
            facts.get(&stamp, Question::Blob(0));
            facts.learn(&stamp, Question::Start, [2; 32]);
            facts.to_keep().unwrap().len()
        };
        assert_eq!(facts(2), 3);
        assert_eq!(facts(3), 2);
    }

    #[test]
    fn what_changed_just_now_is_not_remembered() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let metadata = file.as_file().metadata().unwrap();
        let stamp = FileStamp::of(&metadata);
        let now = metadata.ctime() * 1_000_000_000 + metadata.ctime_nsec();
        for (began, remembered) in [(now, false), (now + 1_000_000, false), (now + 1_000_000_000, true)] {
            let facts = Facts::new([], began);
            facts.learn(&stamp, Question::Start, [1; 32]);
            assert_eq!(facts.to_keep().is_some(), remembered, "{}", began - now);
        }
        let nothing = Facts::default();
        nothing.learn(&stamp, Question::Start, [1; 32]);
        assert!(nothing.to_keep().is_none());
    }
}
