//! Python bytecode.

use crate::survey::pyc::{Bytecode, HEADER};
use crate::survey::{Entry, Fact, Head, Look, Probe};

/// Reads the header of every `.pyc`.
pub struct BytecodeFiles;

impl Probe for BytecodeFiles {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        entry.name().ends_with(".pyc").then(|| {
            Head::look(HEADER, |bytes, _| Bytecode::of_bytes(bytes).map(Fact::Bytecode).into_iter().collect())
        })
    }
}
