//! Python bytecode: its headers (PEP 3147, PEP 552; magic numbers of `importlib/_bootstrap_external.py`).

use std::ops::Range;

use crate::survey::{Bytecode, Entry, Fact, Head, Look, Probe, Validity, split};

/// Headers end here at the latest, in bytes: magic, flags, and eight bytes more (PEP 552).
pub const HEADER: usize = 16;

/// The only magic number of Python 2.7's releases.
const PYTHON_2_7: u16 = 62211;

/// The first magic number of each Python 3, its alphas included; from 3.3 on the header has a size.
const FIRST: [(u16, &str); 13] = [
    (3200, "3.3"),
    (3250, "3.4"),
    (3320, "3.5"),
    (3360, "3.6"),
    (3390, "3.7"),
    (3400, "3.8"),
    (3420, "3.9"),
    (3430, "3.10"),
    (3450, "3.11"),
    (3500, "3.12"),
    (3550, "3.13"),
    (3600, "3.14"),
    (3650, "3.15"),
];

/// Where the last known Python ends: CPython gives each version fifty numbers.
const END: u16 = 3700;

/// The first with flags (PEP 552), an alpha of 3.7.
const FLAGS: u16 = 3392;

/// Reads the header of every `.pyc`.
pub struct BytecodeFiles;

impl Probe for BytecodeFiles {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        entry.name().ends_with(".pyc").then(|| {
            Head::look(HEADER, |bytes, _| Bytecode::of_bytes(bytes).map(Fact::Bytecode).into_iter().collect())
        })
    }
}

impl Bytecode {
    /// Where the header has the time of the source, if it has one.
    pub fn time_at(&self) -> Option<Range<usize>> {
        let at = if (FLAGS..4000).contains(&self.magic) { 8 } else { 4 };
        matches!(self.validity, Validity::Time { .. }).then_some(at..at + 4)
    }

    /// What `head`, the first [`HEADER`] bytes of a file, says, where it is a header in full.
    pub fn of_bytes(head: &[u8]) -> Option<Self> {
        let magic = u16::from_le_bytes(*head.first_chunk()?);
        if head.get(2..4) != Some(b"\r\n") {
            return None;
        }
        let word = |at: usize| Some(u32::from_le_bytes(*head.get(at..)?.first_chunk()?));
        let validity = match magic {
            PYTHON_2_7 => Validity::Time { mtime: word(4)?, size: None },
            FLAGS..4000 => {
                let (first, second) = (word(8)?, word(12)?);
                // Bit 0 is a hash, bit 1 has it checked; others are refused by Python.
                match word(4)? {
                    0 => Validity::Time { mtime: first, size: Some(second) },
                    3 => Validity::Hash,
                    1 => Validity::Unchecked,
                    _ => return None,
                }
            }
            3200..FLAGS => Validity::Time { mtime: word(4)?, size: Some(word(8)?) },
            _ => return None,
        };
        Some(Self { magic, validity })
    }

    /// The Python that can run it, such as `3.12`; `None` for one that is not known here.
    pub fn python(&self) -> Option<&'static str> {
        if self.magic == PYTHON_2_7 {
            return Some("2.7");
        }
        let fits = |(first, _): &&(u16, &str)| *first <= self.magic;
        FIRST.iter().rev().find(fits).filter(|_| self.magic < END).map(|(_, python)| *python)
    }
}

/// The source of a bytecode file: of `a/__pycache__/b.cpython-311.pyc`, `a/b.py` (PEP 3147); of
/// `a/b.pyc`, the same.
pub fn source_of(path: &str) -> Option<String> {
    let (dir, name) = split(path);
    let stem = name.strip_suffix(".pyc")?;
    let (dir, stem) = match split(dir) {
        // The tag, and `.opt-1` behind it, follow the first dot.
        (above, "__pycache__") => (above, stem.split('.').next()?),
        _ => (dir, stem),
    };
    Some(if dir.is_empty() { format!("{stem}.py") } else { format!("{dir}/{stem}.py") })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sources_of_bytecode() {
        let source = |path: &str| source_of(path).unwrap_or_default();
        assert_eq!(source("a/__pycache__/b.cpython-311.opt-1.pyc"), "a/b.py");
        assert_eq!(source("__pycache__/b.cpython-39.pyc"), "b.py");
        assert_eq!(source("a/b.pyc"), "a/b.py");
        assert_eq!(source_of("a/b.py"), None);
    }

    #[test]
    fn headers_of_the_hosts_python() {
        let script = "import importlib.util as u, sys; sys.stdout.buffer.write(u.MAGIC_NUMBER); \
                      sys.stdout.buffer.write(('%d.%d' % sys.version_info[:2]).encode())";
        let output = std::process::Command::new("python3").args(["-c", script]).output().unwrap();
        let (magic, version) = output.stdout.split_at(4);
        let read = |rest: &[u8]| Bytecode::of_bytes(&[magic, rest].concat());
        let timed = read(&[0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]).unwrap();
        assert_eq!(timed.python().unwrap().as_bytes(), version);
        assert_eq!(timed.validity, Validity::Time { mtime: 1, size: Some(2) });
        assert_eq!(read(&[3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]).unwrap().validity, Validity::Hash);
        assert_eq!(read(&[1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]).unwrap().validity, Validity::Unchecked);
        assert_eq!(read(&[]), None);
        assert_eq!(Bytecode::of_bytes(b"no bytecode at all"), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..20), magic in any::<u16>()) {
            let head = [&magic.to_le_bytes()[..], b"\r\n", &bytes].concat();
            for head in [&head[..], &bytes] {
                if let Some(bytecode) = Bytecode::of_bytes(head) {
                    bytecode.python();
                }
            }
        }
    }
}
