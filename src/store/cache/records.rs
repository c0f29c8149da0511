//! Stores small results: surveys, findings, and warnings that were printed. The key covers everything that a result
//! depends on.
//!
//! ```text
//! surveys/<key>    the contents of a layer
//! verdicts/<key>   the findings of checks in an image
//! told/<key>       a warning that was printed
//! last/<key>       the last layer of a part of a function, and the keys of its files
//! ```

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
}

impl RecordKind {
    /// The directories of all of them.
    pub(super) const DIRS: [&'static str; 4] = ["surveys", "verdicts", "last", "told"];

    fn dir(self) -> &'static str {
        match self {
            Self::Survey => Self::DIRS[0],
            Self::Verdict => Self::DIRS[1],
            Self::Last => Self::DIRS[2],
            Self::ReminderShown => Self::DIRS[3],
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
}
