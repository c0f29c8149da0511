//! The first line of a script, read as Linux reads it (`fs/binfmt_script.c`).

use crate::survey::{Entry, Fact, Head, Look, Probe, Script};

/// How much of a file the kernel looks at, in bytes (`BINPRM_BUF_SIZE` since Linux 5.1; half of it before).
pub const LINE_MAX: usize = 256;

/// Reads the first line of every file that a user may execute.
pub struct Scripts;

impl Probe for Scripts {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        (entry.mode & 0o111 != 0).then(|| {
            Head::look(LINE_MAX, |bytes, _| Script::of_bytes(bytes).map(Fact::Script).into_iter().collect())
        })
    }
}

impl Script {
    /// What these first bytes of a file say, if it is a script.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let rest = bytes[..bytes.len().min(LINE_MAX)].strip_prefix(b"#!")?;
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = &rest[..end.unwrap_or(rest.len())];
        let cut = end.is_none() && bytes.len() >= LINE_MAX;
        let carriage = line.ends_with(b"\r");
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let trim = |bytes: &[u8]| -> Vec<u8> {
            let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
            let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
            bytes[start..end].to_vec()
        };
        let line = trim(line);
        let split = line.iter().position(|byte| blank(byte) || *byte == 0).unwrap_or(line.len());
        let (interpreter, argument) = line.split_at(split);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let argument = Some(text(&trim(argument))).filter(|argument| !argument.is_empty());
        Some(Self { interpreter: text(interpreter), argument, carriage, cut })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read_as_the_kernel_does() {
        let read = |text: &str| Script::of_bytes(text.as_bytes());
        let script = |interpreter: &str, argument: Option<&str>| Script {
            interpreter: interpreter.to_owned(),
            argument: argument.map(str::to_owned),
            carriage: false,
            cut: false,
        };
        assert_eq!(read("#!/bin/sh\nx"), Some(script("/bin/sh", None)));
        assert_eq!(
            read("#! \t/usr/bin/env  python3 -u \nx"),
            Some(script("/usr/bin/env", Some("python3 -u")))
        );
        assert_eq!(read("#!/bin/sh"), Some(script("/bin/sh", None)));
        assert_eq!(read("#!\n"), Some(script("", None)));
        assert_eq!(read("#!/bin/sh\r\n"), Some(Script { carriage: true, ..script("/bin/sh\r", None) }));
        assert_eq!(read("# !/bin/sh\n"), None);
        assert_eq!(read(""), None);
        let long = format!("#!/{}\n", "x".repeat(300));
        assert_eq!(read(&long), Some(Script { cut: true, ..script(&long[2..256], None) }));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            Script::of_bytes(&bytes);
            Script::of_bytes(&[b"#!", &bytes[..]].concat());
        }
    }
}
