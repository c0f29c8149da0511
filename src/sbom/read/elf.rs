//! What Go's linker and `cargo auditable` write into a program: the modules and crates that it is made of.

use std::io::Read;

use flate2::bufread::ZlibDecoder;
use object::endian::Endianness;
use object::read::elf::{FileHeader, SectionHeader};
use object::read::{ReadCache, ReadRef};
use object::{elf, elf::FileHeader64};
use serde_json::Value;
use tempfile::SpooledTempFile;

use super::spool::Spool;
use super::stated::{Found, component};
use crate::survey::probes::elf::Capped;
use crate::survey::{Component, Ecosystem, Entry, Look, Probe};

/// The largest section that is read, and the most that one unpacks to, in bytes.
const SECTION_MAX: u64 = 16 << 20;

/// What the section of Go begins with (Go, `debug/buildinfo`).
const GO_MAGIC: &[u8] = b"\xff Go buildinf:";

/// Reads the sections `.go.buildinfo` and `.dep-v0` of programs and libraries of 64 bits.
pub struct Modules;

impl Probe for Modules {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        (entry.size >= 64).then(|| Spool::look(b"\x7fELF", |file| read(file).facts()))
    }
}

fn read(file: SpooledTempFile) -> Found {
    let cache = ReadCache::new(file);
    let data = Capped(&cache);
    let mut found = Found::default();
    if let Some(bytes) = section(data, b".go.buildinfo") {
        go(bytes, &mut found);
    }
    if let Some(bytes) = section(data, b".dep-v0") {
        rust(bytes, &mut found);
    }
    found
}

/// The content of a section, where a file has it. A damaged file has none.
fn section<'a>(data: impl ReadRef<'a>, name: &[u8]) -> Option<&'a [u8]> {
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let (_, section) = header.sections(endian, data).ok()?.section_by_name(endian, name)?;
    let is_stored = section.sh_type(endian) != elf::SHT_NOBITS && section.sh_size(endian) <= SECTION_MAX;
    section.data(endian, data).ok().filter(|_| is_stored)
}

/// Two texts, each after its length as a varint: the version of Go, and the modules between marks of 16 bytes.
fn go(section: &[u8], found: &mut Found) {
    let Some(flags) = section.get(15).filter(|_| section.starts_with(GO_MAGIC)) else {
        return found.fault("its section .go.buildinfo has no header of Go");
    };
    if flags & 2 == 0 {
        return found.fault("it was made by Go before 1.18, whose list of modules is not read");
    }
    let texts = || {
        let (version, rest) = go_text(section.get(32..)?)?;
        let (modules, _) = go_text(rest)?;
        Some((version, modules))
    };
    let Some((version, modules)) = texts() else {
        return found.fault("its section .go.buildinfo is cut short");
    };
    // `go1.22.1 X:experiment`
    let version = String::from_utf8_lossy(version);
    let of_go = version.split_whitespace().next().and_then(|word| word.strip_prefix("go"));
    if let Some(version) = of_go {
        found.add(component(Ecosystem::Go, None, "stdlib", version));
    }
    let marked = modules.get(16..modules.len().saturating_sub(16)).unwrap_or_default();
    let mut last: Option<Result<Component, String>> = None;
    for line in String::from_utf8_lossy(marked).lines() {
        let fields: Vec<_> = line.split('\t').collect();
        let module = match fields[..] {
            ["dep", path, version, ..] => go_module(path, version),
            // What replaces a module stands behind it. A directory of the machine has neither name nor version.
            ["=>", path, version, ..] if !path.starts_with(['.', '/']) => {
                last = None;
                go_module(path, version)
            }
            // What the program itself is: without a version where it was made from its source.
            ["mod", path, version, ..] if !["(devel)", ""].contains(&version) => go_module(path, version),
            _ => continue,
        };
        last.into_iter().for_each(|one| found.add(one));
        last = Some(module);
    }
    last.into_iter().for_each(|one| found.add(one));
}

fn go_module(path: &str, version: &str) -> Result<Component, String> {
    match path.rsplit_once('/') {
        Some((above, name)) => component(Ecosystem::Go, Some(above), name, version),
        None => component(Ecosystem::Go, None, path, version),
    }
}

/// The text at the beginning of `bytes`, and what follows it.
fn go_text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut size, mut shift) = (0usize, 0);
    for (at, byte) in bytes.iter().enumerate().take(5) {
        size |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return bytes[at + 1..].split_at_checked(size);
        }
    }
    None
}

/// JSON, compressed by zlib (github.com/rust-secure-code/cargo-auditable, "Parsing the data").
fn rust(section: &[u8], found: &mut Found) {
    let mut json = Vec::new();
    let unpacked = ZlibDecoder::new(section).take(SECTION_MAX).read_to_end(&mut json);
    let value = match unpacked.map(|_| serde_json::from_slice::<Value>(&json)) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => return found.fault(format!("its section .dep-v0 is not JSON: {error}")),
        Err(error) => return found.fault(format!("its section .dep-v0 cannot be unpacked: {error}")),
    };
    for package in value["packages"].as_array().into_iter().flatten() {
        // What ran during the build is not in the program, and its own crate is not a dependency.
        if package["kind"] == "build" || package["root"] == true {
            continue;
        }
        let text = |key: &str| package[key].as_str().unwrap_or_default();
        found.add(component(Ecosystem::Rust, None, text("name"), text("version")));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::survey::Fact;

    fn info(version: &str, modules: &str) -> Vec<u8> {
        let mut bytes = [GO_MAGIC, &[8, 2], &[0; 16]].concat();
        let modules = format!("{}{modules}{}", "#".repeat(16), "#".repeat(16));
        for text in [version, &modules] {
            let size = text.len();
            bytes.extend([u8::try_from(size & 0x7f).unwrap() | 0x80, u8::try_from(size >> 7).unwrap()]);
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    fn modules(bytes: &[u8]) -> Vec<String> {
        let mut found = Found::default();
        go(bytes, &mut found);
        let named = |one: &Component| {
            let above = one.namespace.as_ref().map(|above| format!("{above}/")).unwrap_or_default();
            format!("{above}{}@{}", one.name, one.version)
        };
        let told = found.facts().into_iter().flat_map(|fact| match fact {
            Fact::Components(list) => list.iter().map(named).collect(),
            Fact::NotListed(why) => vec![why],
            _ => Vec::new(),
        });
        told.collect()
    }

    #[test]
    fn modules_of_go_are_those_that_were_linked() {
        let text = "path\tx\nmod\tx\t(devel)\t\ndep\tgithub.com/a/b\tv1.0.0\th1:x=\ndep\tgithub.com/c\tv1\n=>\t\
                    github.com/fork/c\tv2\th1:y=\nbuild\t-compiler=gc\n";
        let found = modules(&info("go1.22.1 X:a", text));
        assert_eq!(found, ["stdlib@1.22.1", "github.com/a/b@v1.0.0", "github.com/fork/c@v2"]);
        assert_eq!(
            modules(&info("go1.22", "dep\tx/../../y\tv1\n"))[1],
            "it names a package `x/../../y`, which cannot be a name"
        );
        assert!(modules(&info("go1.22", text)[..60])[0].contains("cut short"));
        assert!(modules(b"\x7f")[0].contains("no header"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            modules(&bytes);
            modules(&[GO_MAGIC, &[8, 2], &[0; 16], &bytes[..]].concat());
            rust(&bytes, &mut Found::default());
        }
    }
}
