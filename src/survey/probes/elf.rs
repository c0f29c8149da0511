//! ELF files.

use crate::survey::elf::Reader;
use crate::survey::{Entry, Fact, Look, Probe};

/// Reads every file that begins as ELF does.
pub struct ElfFiles;

impl Probe for ElfFiles {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        (entry.size >= 20).then(|| Box::new(Reader::default()) as _)
    }
}

impl Look for Reader {
    fn feed(&mut self, bytes: &[u8]) {
        self.feed(bytes);
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        Reader::end(*self).map(|elf| Fact::Elf(Box::new(elf))).into_iter().collect()
    }
}
