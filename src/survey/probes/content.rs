//! What files hold, as digests: for who compares layers. Checks do not need it.

use crate::digest::{Digest, Hasher};
use crate::survey::{Entry, Fact, Look, Probe};

/// Hashes every file, twice where its format is known to hold a time:
///
/// - `.pyc` with a time in its header, bytes 8 to 11 (PEP 552: flags, the second word, are zero then);
/// - gzip, bytes 4 to 7 (RFC 1952, `MTIME`).
pub struct Content;

impl Probe for Content {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let format = match () {
            () if entry.name().ends_with(".pyc") => Format::Bytecode,
            () if entry.name().ends_with(".gz") => Format::Gzip,
            () => Format::Other,
        };
        Some(Box::new(Hashing {
            format,
            head: Vec::new(),
            whole: Hasher::default(),
            rest: Hasher::default(),
        }))
    }
}

/// Formats that hold a time near their beginning.
enum Format {
    Bytecode,
    Gzip,
    Other,
}

/// As many bytes as the times are in.
const HEAD: usize = 16;

struct Hashing {
    format: Format,
    head: Vec<u8>,
    whole: Hasher,
    rest: Hasher,
}

impl Look for Hashing {
    fn feed(&mut self, bytes: &[u8]) {
        self.whole.update(bytes);
        if !matches!(self.format, Format::Other) {
            let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
            self.head.extend_from_slice(head);
            self.rest.update(rest);
        }
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        let Hashing { format, mut head, whole, rest } = *self;
        let time = match format {
            Format::Bytecode if head.get(4..8) == Some(&[0; 4]) => 8..12,
            Format::Gzip if head.starts_with(&[0x1f, 0x8b]) => 4..8,
            _ => 0..0,
        };
        let timeless = head.get_mut(time).filter(|time| !time.is_empty()).map(|time| time.fill(0));
        let timeless = timeless.map(|()| {
            let mut both = Hasher::default();
            both.update(&head);
            both.update(rest.finish().to_string().as_bytes());
            both.finish()
        });
        vec![Fact::Content { digest: whole.finish(), timeless }]
    }
}

/// The digests of a file's content, where the probe looked.
pub fn of(entry: &Entry) -> Option<(Digest, Option<Digest>)> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Content { digest, timeless } => Some((*digest, *timeless)),
        _ => None,
    })
}
