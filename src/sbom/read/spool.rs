//! Keeps a file that has to be read from its end: in memory, or on disk if it is large.

use std::io::{Seek, Write};

use tempfile::SpooledTempFile;

use super::stated::not_listed;
use crate::survey::probes::elf::SPOOL_MAX;
use crate::survey::{Fact, HEAD_MAX, Look};

/// Keeps a file as long as it may begin with `magic`, and gives it to `read` at its end.
pub struct Spool<F> {
    magic: &'static [u8],
    file: Option<SpooledTempFile>,
    size: u64,
    fault: Option<String>,
    read: F,
}

impl<F: FnOnce(SpooledTempFile) -> Vec<Fact> + 'static> Spool<F> {
    /// Looks at a file.
    pub fn look(magic: &'static [u8], read: F) -> Box<dyn Look> {
        let file = Some(tempfile::spooled_tempfile(HEAD_MAX));
        Box::new(Self { magic, file, size: 0, fault: None, read })
    }
}

impl<F: FnOnce(SpooledTempFile) -> Vec<Fact>> Look for Spool<F> {
    fn feed(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        let at = usize::try_from(self.size).unwrap_or(usize::MAX);
        let magic = self.magic.get(at..).unwrap_or_default();
        let seen = magic.len().min(bytes.len());
        self.size += bytes.len() as u64;
        if bytes[..seen] != magic[..seen] {
            self.file = None;
        } else if self.size > SPOOL_MAX {
            self.fault = Some(format!("it has more than {SPOOL_MAX} bytes"));
            self.file = None;
        } else if let Err(error) = file.write_all(bytes) {
            self.fault = Some(format!("this machine cannot keep it while it is read: {error}"));
            self.file = None;
        }
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        match (self.fault, self.file) {
            (Some(why), _) => not_listed(why),
            (None, Some(mut file)) if self.size >= self.magic.len() as u64 => match file.rewind() {
                Ok(()) => (self.read)(file),
                Err(error) => not_listed(format!("this machine cannot read what it kept of it: {error}")),
            },
            _ => Vec::new(),
        }
    }
}
