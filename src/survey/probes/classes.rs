//! The classes of jars (APPNOTE.TXT of PKWARE, 4.3.12 and 4.3.16): their directory stands at the end.

use super::zip_directory::directory;
use crate::survey::{Entry, Fact, Look, Probe};

/// How much of the end of a jar is held, in bytes: some 40,000 names.
const TAIL: usize = 4 << 20;

/// Reads the directory of every jar of a class path.
pub struct Classes;

impl Probe for Classes {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        entry.name().ends_with(".jar").then(|| Box::new(Tail(Vec::new())) as _)
    }
}

/// The last bytes of a file.
struct Tail(Vec<u8>);

impl Look for Tail {
    fn feed(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
        if self.0.len() > 2 * TAIL {
            self.0.drain(..self.0.len() - TAIL);
        }
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        classes(&self.0).map(Fact::Classes).into_iter().collect()
    }
}

/// The number of a class in a jar, by its name: `com/example/App.class`.
pub fn number(name: &str) -> u32 {
    crc32fast::hash(name.as_bytes())
}

/// Numbers of the classes in the directory at the end of `tail`; `None` where it is not there in full.
fn classes(tail: &[u8]) -> Option<Vec<u32>> {
    let half = |at: usize| Some(usize::from(u16::from_le_bytes(*tail.get(at..)?.first_chunk()?)));
    let directory = directory(tail)?;
    let mut at = directory.start;
    let mut found = Vec::new();
    while at < directory.end && tail.get(at..)?.starts_with(b"PK\x01\x02") {
        let length = half(at + 28)?;
        let name = tail.get(at + 46..at + 46 + length)?;
        if name.ends_with(b".class") {
            found.push(crc32fast::hash(name));
        }
        at += 46 + length + half(at + 30)? + half(at + 32)?;
    }
    found.sort_unstable();
    found.dedup();
    (at == directory.end).then_some(found)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;

    use super::*;

    fn jar(names: &[&str]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(b"x").unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn classes_are_found_at_the_end() {
        let bytes = jar(&["META-INF/MANIFEST.MF", "com/example/App.class", "App.class"]);
        let found = classes(&bytes).unwrap();
        assert_eq!(found.len(), 2);
        assert!(found.contains(&number("com/example/App.class")) && !found.contains(&number("Other.class")));
        assert_eq!(classes(&bytes[..bytes.len() - 10]), None);
        assert_eq!(classes(b""), None);
        let mut tail = Box::new(Tail(Vec::new()));
        (0..3).for_each(|_| tail.feed(&vec![0; TAIL]));
        tail.feed(&bytes);
        assert_eq!(tail.end(), [Fact::Classes(found)]);
    }

    #[test]
    fn more_classes_than_a_count_has_bits_for_are_found() {
        let names: Vec<_> = (0..70_000).map(|at| format!("c{at}.class")).collect();
        let bytes = jar(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(classes(&bytes).unwrap().len(), 70_000);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            classes(&bytes);
            classes(&[&bytes[..], b"PK\x05\x06", &bytes].concat());
            let mut jar = jar(&["A.class", "b/C.class"]);
            for (at, byte) in bytes.iter().enumerate() {
                let end = jar.len();
                jar[end - 1 - (at * 7) % end] ^= byte;
            }
            classes(&jar);
        }
    }
}
