//! Extensions of Lambda: files directly in `/opt/extensions`, which Lambda starts. They are listed by their hash.

use crate::digest::Hasher;
use crate::survey::{Entry, Fact, Look, Probe, split};

/// Hashes every extension.
pub struct Extensions;

impl Probe for Extensions {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        (split(entry.name()).0 == "opt/extensions").then(|| Box::new(Hashing(Hasher::default())) as _)
    }
}

struct Hashing(Hasher);

impl Look for Hashing {
    fn feed(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        vec![Fact::Content(self.0.finish())]
    }
}
