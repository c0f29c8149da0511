//! Secrets.

use crate::survey::{Entry, Fact, Head, Look, Probe, secret};

/// Looks through every file that is small enough and not the operating system's.
pub struct Secrets;

impl Probe for Secrets {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let wanted = entry.size <= secret::LIMIT as u64 && secret::is_looked_at(entry.name());
        let path = entry.name().to_owned();
        wanted.then(|| {
            Head::look(secret::LIMIT, move |bytes, _| {
                secret::find(&path, bytes).into_iter().map(Fact::Secret).collect()
            })
        })
    }
}
