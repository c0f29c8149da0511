//! Scripts.

use crate::survey::script::{LINE_MAX, Script};
use crate::survey::{Entry, Fact, Head, Look, Probe};

/// Reads the first line of every file that someone may execute.
pub struct Scripts;

impl Probe for Scripts {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        (entry.mode & 0o111 != 0).then(|| {
            Head::look(LINE_MAX, |bytes, _| Script::of_bytes(bytes).map(Fact::Script).into_iter().collect())
        })
    }
}
