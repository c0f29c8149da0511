//! Probe: digests of files, to compare layers. Checks do not need them.

use std::collections::BTreeSet;

use super::times::blank;
use crate::digest::{Digest, Hasher};
use crate::survey::{Clock, Entry, Fact, HEAD_MAX, Head, Look, Probe};

/// Texts above this are not searched for times, in bytes.
const TEXT_MAX: usize = 1 << 20;

/// Hashes every file.
pub struct Content;

impl Probe for Content {
    fn begin(&self, _: &Entry) -> Option<Box<dyn Look>> {
        Some(Box::new(Hashing(Hasher::default())))
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

/// Hashes the files of these names without the times that they hold, where there are some.
pub struct Timeless<'a>(pub &'a BTreeSet<String>);

impl Probe for Timeless<'_> {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let archive = [".jar", ".zip", ".war", ".whl", ".gz", ".tgz", ".nupkg"];
        let archive = archive.iter().any(|suffix| entry.name().ends_with(suffix));
        let (name, limit) = (entry.name().to_owned(), if archive { HEAD_MAX } else { TEXT_MAX });
        let wanted = self.0.contains(&name) && entry.size <= limit as u64;
        wanted.then(|| {
            Head::look(limit, move |bytes, _| {
                let mut bytes = bytes.to_vec();
                let clock = blank(&name, &mut bytes);
                clock.map(|clock| Fact::Timeless(clock, Digest::of(&bytes))).into_iter().collect()
            })
        })
    }
}

/// The digest of a file's content, where [`Content`] looked.
pub fn of(entry: &Entry) -> Option<Digest> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Content(digest) => Some(*digest),
        _ => None,
    })
}

/// The digest of a file's content without times, where [`Timeless`] looked and found some.
pub fn timeless(entry: &Entry) -> Option<(Clock, Digest)> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Timeless(clock, digest) => Some((*clock, *digest)),
        _ => None,
    })
}
