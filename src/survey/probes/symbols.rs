//! Probe: dynamic symbols of ELF files, which a rebase compares. Checks do not need them.

use std::io::{BufReader, Write};

use object::endian::Endianness;
use object::read::elf::{FileHeader, Sym as _};
use object::read::{ReadCache, ReadRef};
use object::{elf, elf::FileHeader64};
use tempfile::{SpooledData, SpooledTempFile};

use super::elf::SPOOL_MAX;
use crate::survey::{Entry, Fact, HEAD_MAX, Look, Need, Probe, Symbols, Version};

/// The most symbols of one file that are kept: several times those of the largest libraries of AWS's bases.
const MANY: usize = 200_000;

/// Reads the symbols of every ELF file that is not larger than [`SPOOL_MAX`].
pub struct DynamicSymbols;

impl Probe for DynamicSymbols {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        (64..=SPOOL_MAX).contains(&entry.size).then(|| Box::new(Begun::default()) as _)
    }
}

/// Holds a file only once its first bytes are those of ELF; a large one on disk.
#[derive(Default)]
struct Begun {
    head: Vec<u8>,
    spool: Option<SpooledTempFile>,
    is_other: bool,
}

impl Look for Begun {
    fn feed(&mut self, bytes: &[u8]) {
        if self.is_other {
            return;
        }
        match &mut self.spool {
            // Where the host has no room, the symbols stay unknown.
            Some(spool) => self.is_other = spool.write_all(bytes).is_err(),
            None => {
                self.head.extend_from_slice(bytes);
                if self.head.len() < 4 {
                    return;
                }
                self.is_other = !self.head.starts_with(b"\x7fELF");
                let mut spool = tempfile::spooled_tempfile(HEAD_MAX);
                let head = std::mem::take(&mut self.head);
                self.is_other |= spool.write_all(&head).is_err();
                self.spool = Some(spool);
            }
        }
    }

    fn end(self: Box<Self>) -> Vec<Fact> {
        let Some(spool) = self.spool.filter(|_| !self.is_other) else { return Vec::new() };
        let found = match spool.into_inner() {
            SpooledData::InMemory(bytes) => symbols(bytes.get_ref().as_slice()),
            SpooledData::OnDisk(file) => symbols(&ReadCache::new(BufReader::new(file))),
        };
        found.map(|found| Fact::Symbols(Box::new(found))).into_iter().collect()
    }
}

/// The symbols of a file; `None` where it has no section headers, or is damaged.
fn symbols<'a>(data: impl ReadRef<'a>) -> Option<Symbols> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, data).ok()?;
    let table = sections.symbols(endian, data, elf::SHT_DYNSYM).ok()?;
    let versions = sections.versions(endian, data).ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut found = Symbols::default();
    for (index, symbol) in table.enumerate().take(MANY) {
        let Ok(name) = symbol.name(endian, table.strings()) else { continue };
        if name.is_empty() {
            continue;
        }
        let name = text(name);
        let version = versions.as_ref().and_then(|versions| {
            let index = versions.version_index(endian, index);
            versions.version(index.index()).ok()?
        });
        if symbol.st_shndx(endian) != elf::SHN_UNDEF {
            found.defines.push(match version {
                Some(version) => format!("{name}@{}", text(version.name())),
                None => name,
            });
        } else if symbol.st_bind() == elf::STB_GLOBAL {
            let version = version.and_then(|version| {
                Some(Version { library: text(version.file()?), name: text(version.name()) })
            });
            found.needs.push(Need { name, version });
        }
    }
    found.needs.sort();
    found.defines.sort();
    found.defines.dedup();
    Some(found)
}

/// The symbols of a file, where [`DynamicSymbols`] read them.
pub fn of(entry: &Entry) -> Option<&Symbols> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Symbols(symbols) => Some(&**symbols),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn symbols_of_the_compiler_s_own_libraries_have_versions() {
        let dir = tempfile::tempdir().unwrap();
        let (source, library) = (dir.path().join("x.c"), dir.path().join("libx.so"));
        std::fs::write(&source, "#include <stdlib.h>\nvoid *f(void) { return malloc(1); }").unwrap();
        let status = std::process::Command::new("gcc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .status();
        assert!(status.unwrap().success());
        let found = symbols(&*std::fs::read(&library).unwrap()).unwrap();
        assert!(found.defines("f"), "{found:?}");
        let malloc = found.needs.iter().find(|need| need.name == "malloc").unwrap();
        assert!(malloc.versioned().starts_with("malloc@GLIBC_2."), "{malloc:?}");
        assert_eq!(malloc.version.as_ref().unwrap().library, "libc.so.6");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
            symbols(&*[b"\x7fELF\x02\x01\x01".as_slice(), &bytes].concat());
        }
    }
}
