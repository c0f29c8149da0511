//! Stores small results: surveys, findings, and warnings that were printed. The key covers everything that a result
//! depends on.
//!
//! ```text
//! surveys/<key>    the contents of a layer
//! verdicts/<key>   the findings of checks in an image
//! told/<key>       a warning that was printed
//! last/<key>       the last layer of a part of a function, and the keys of its files
//! steps/<key>      what a step made of what is declared
//! declared/<key>   what was declared of a step when it was built last
//! shared/<key>     an entry of a registry
//! ```

use std::fs::{self, DirEntry};

use super::checksummed::Title;
use super::{Cache, where_possible};
use crate::key::Key;

/// Something that is kept under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// What is in a layer.
    Survey,
    /// What checks found in an image.
    Verdict,
    /// The last layer of a part of a function.
    Last,
    /// What the user was told, and need not hear again.
    ReminderShown,
    /// What a step made.
    Step,
    /// What was declared of a step.
    Declared,
    /// An entry of a registry.
    Shared,
}

impl RecordKind {
    /// The directories of all of them.
    pub(super) const DIRS: [&'static str; 7] =
        ["surveys", "verdicts", "last", "told", "steps", "declared", "shared"];

    fn dir(self) -> &'static str {
        match self {
            Self::Survey => Self::DIRS[0],
            Self::Verdict => Self::DIRS[1],
            Self::Last => Self::DIRS[2],
            Self::ReminderShown => Self::DIRS[3],
            Self::Step => Self::DIRS[4],
            Self::Declared => Self::DIRS[5],
            Self::Shared => Self::DIRS[6],
        }
    }
}

impl Cache {
    /// What is kept under `key`, whole.
    pub fn memo(&self, memo: RecordKind, key: Key) -> Option<Vec<u8>> {
        let title = Title::new(memo.dir(), key);
        let bytes = self.record(&title)?;
        self.mark_used(&title);
        Some(bytes)
    }

    /// Keeps `bytes` under `key`, where the cache can be written to.
    pub fn keep_memo(&self, memo: RecordKind, key: Key, bytes: &[u8]) {
        where_possible(|| self.keep_record(&Title::new(memo.dir(), key), bytes));
    }

    /// Removes the least recently used of a kind of which more than `most` are kept.
    pub fn trim_memos(&self, memo: RecordKind, most: usize) {
        let Ok(files) = fs::read_dir(self.root.join(memo.dir())) else { return };
        let files: Vec<_> = files.filter_map(Result::ok).collect();
        if files.len() <= most {
            return;
        }
        let used = |file: &DirEntry| file.metadata().and_then(|metadata| metadata.modified()).ok();
        let mut files: Vec<_> = files.into_iter().map(|file| (used(&file), file.path())).collect();
        files.sort();
        let excess = files.len() - most;
        files.iter().take(excess).for_each(|(_, path)| drop(fs::remove_file(path)));
    }

    /// Removes what is kept under `key`.
    pub fn forget_memo(&self, memo: RecordKind, key: Key) {
        let _ = fs::remove_file(self.root.join(Title::new(memo.dir(), key).path()));
    }
}
