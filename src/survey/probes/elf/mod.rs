//! ELF files, read as the kernel and the loader of glibc read them: by their program headers (System V ABI;
//! "ELF Symbol Versioning" of U. Drepper).
//!
//! At most [`HEAD_MAX`] bytes of a file are in memory. A larger file is copied to a temporary file and read in
//! pieces. Of a file larger than [`SPOOL_MAX`], only the header is read: [`Elf::whole`] is false.

mod tables;

use std::io::{self, Read, Seek, Write};

use object::read::{ReadCache, ReadRef};
use tempfile::{SpooledData, SpooledTempFile};

use crate::survey::{Elf, Entry, Fact, HEAD_MAX, Look, Probe};
pub(crate) use tables::Capped;
use tables::fill;

/// The largest file that is read whole, in bytes. Lambda takes 10 GB of a whole image; the largest
/// libraries that are known (PyTorch, CUDA) have less than this.
pub const SPOOL_MAX: u64 = 1 << 30;

impl Elf {
    /// What `bytes` begin with, if it is an ELF file; nothing but the header is looked at.
    pub fn header(bytes: &[u8]) -> Option<Self> {
        let half = |at: usize| {
            let pair = [*bytes.get(at)?, *bytes.get(at + 1)?];
            match bytes.get(5)? {
                1 => Some(u16::from_le_bytes(pair)),
                2 => Some(u16::from_be_bytes(pair)),
                _ => None,
            }
        };
        bytes.strip_prefix(b"\x7fELF")?;
        let bits = match bytes.get(4)? {
            1 => 32,
            2 => 64,
            _ => return None,
        };
        Some(Self { bits, kind: half(16)?, machine: half(18)?, ..Self::default() })
    }

    /// What the bytes say, if they are an ELF file. Never panics; what is damaged is left out.
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        Self::read(bytes, Capped(bytes))
    }

    fn of_file(file: impl Read + Seek, head: &[u8]) -> Option<Self> {
        Self::read(head, Capped(&ReadCache::new(file)))
    }

    fn read<'a>(head: &[u8], data: impl ReadRef<'a>) -> Option<Self> {
        let mut elf = Self::header(head)?;
        // What Lambda runs is of 64 bits.
        elf.whole = elf.bits == 64 && fill(&mut elf, data).is_some();
        Some(elf)
    }
}

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

/// Takes the bytes of a file one after the other.
pub struct Reader {
    head: Vec<u8>,
    spool: Option<SpooledTempFile>,
    size: u64,
}

/// Bytes of an ELF header of 64 bits.
const HEADER: usize = 64;

impl Default for Reader {
    fn default() -> Self {
        Self { head: Vec::new(), spool: Some(tempfile::spooled_tempfile(HEAD_MAX)), size: 0 }
    }
}

impl Reader {
    /// The next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = HEADER - self.head.len();
        self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
        self.size += bytes.len() as u64;
        let seen = self.head.len().min(4);
        if self.head[..seen] != b"\x7fELF"[..seen] || self.size > SPOOL_MAX {
            self.spool = None;
        }
        // Where the host has no room, the header must do.
        if let Some(spool) = &mut self.spool
            && spool.write_all(bytes).is_err()
        {
            self.spool = None;
        }
    }

    /// What the file says, if it is an ELF file.
    pub fn end(self) -> Option<Elf> {
        let Some(spool) = self.spool else { return Elf::header(&self.head) };
        match spool.into_inner() {
            SpooledData::InMemory(bytes) => Elf::of_bytes(bytes.get_ref()),
            SpooledData::OnDisk(file) => Elf::of_file(io::BufReader::new(file), &self.head),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    /// A library or program that the host's compiler makes.
    fn built(code: &str, flags: &[&str]) -> Vec<u8> {
        let dir = tempfile::tempdir().unwrap();
        let (source, target) = (dir.path().join("x.c"), dir.path().join("x"));
        fs::write(&source, code).unwrap();
        let status = Command::new("gcc").arg("-o").args([&target, &source]).args(flags).status().unwrap();
        assert!(status.success());
        fs::read(target).unwrap()
    }

    fn read(bytes: &[u8]) -> Option<Elf> {
        let mut reader = Reader::default();
        bytes.chunks(1000).for_each(|piece| reader.feed(piece));
        reader.end()
    }

    #[test]
    fn a_program_and_what_it_needs() {
        let elf = read(&built("#include <stdio.h>\nint main(void){return puts(\"x\");}", &[])).unwrap();
        assert!(elf.whole && elf.is_program() && elf.bits == 64, "{elf:?}");
        assert!(elf.interpreter.as_deref().unwrap().contains("/ld-linux"), "{elf:?}");
        assert_eq!(elf.needed, ["libc.so.6"]);
        assert!(elf.versions.iter().any(|version| version.name.starts_with("GLIBC_2.")), "{elf:?}");
        let elf = read(&built("int main(void){return 0;}", &["-static"])).unwrap();
        assert!(elf.whole && elf.is_program() && elf.interpreter.is_none() && elf.needed.is_empty());
    }

    #[test]
    fn a_library_and_what_it_is() {
        let code = "int f(void){return 1;} int napi_register_module_v1(void){return f();}";
        let flags = ["-shared", "-fPIC", "-Wl,-soname,libf.so.1", "-Wl,-rpath,$ORIGIN/../x:/home/me/lib"];
        let elf = read(&built(code, &flags)).unwrap();
        assert!(elf.whole && elf.is_loaded() && !elf.is_program());
        assert_eq!(elf.soname.as_deref(), Some("libf.so.1"));
        assert_eq!(elf.addon, ["napi_register_module_v1"]);
        let dirs = if elf.runpath.is_empty() { &elf.rpath } else { &elf.runpath };
        assert_eq!(dirs, &["$ORIGIN/../x", "/home/me/lib"]);
    }

    #[test]
    fn a_file_on_disk_reads_as_one_in_memory() {
        let mut bytes = built("int f(void){return 1;}", &["-shared", "-fPIC", "-Wl,-soname,libf.so.1"]);
        let small = read(&bytes).unwrap();
        bytes.resize(HEAD_MAX + 5000, 0);
        assert_eq!(read(&bytes).unwrap(), small);
    }

    #[test]
    fn what_is_cut_short_is_told_and_what_is_none_is_none() {
        let bytes = built("int f(void){return 1;}", &["-shared", "-fPIC"]);
        let cut = read(&bytes[..80]).unwrap();
        assert!(!cut.whole && cut.machine == small_machine(&bytes));
        assert_eq!(read(b"\x7fEL"), None);
        assert_eq!(read(b"#!/bin/sh"), None);
        // A foreign header is enough to say whose it is.
        let mut foreign = [0; 64];
        foreign[..6].copy_from_slice(b"\x7fELF\x01\x02");
        foreign[19] = 8;
        assert_eq!(read(&foreign), Some(Elf { bits: 32, machine: 8, ..Elf::default() }));
    }

    fn small_machine(bytes: &[u8]) -> u16 {
        u16::from_le_bytes([bytes[18], bytes[19]])
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
            read(&bytes);
            let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
            elf.extend(&bytes);
            read(&elf);
        }

        #[test]
        fn damaged_files_never_panic(at in 0usize..16000, value in any::<u8>()) {
            thread_local!(static LIBRARY: Vec<u8> =
                built("int f(void){return 1;}", &["-shared", "-fPIC", "-Wl,-soname,libf.so.1"]));
            let mut bytes = LIBRARY.with(Clone::clone);
            let at = at % bytes.len();
            bytes[at] = value;
            read(&bytes);
        }
    }
}
