//! Reads the header of a package as RPM's database has it (rpm.org, "Header structure"): an index of tags, and their
//! values.

use super::super::linux::qualifiers;
use super::super::stated::{component, licence};
use crate::survey::{Algorithm, Component, Ecosystem};

/// Bytes of an entry of the index: tag, type, offset and count.
const ENTRY: usize = 16;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const LICENCE: u32 = 1014;
const ARCH: u32 = 1022;
const SOURCE: u32 = 1044;
/// SHA-256 of the header as it was signed.
const SHA256_OF_HEADER: u32 = 273;

/// The package that a header describes. A key that RPM keeps like a package is left out.
///
/// # Errors
/// What is wrong with the header.
pub fn package(blob: &[u8]) -> Result<Option<Result<Component, String>>, String> {
    let header = Header::of(blob).ok_or("a header of its database is cut short")?;
    let name = header.text(NAME).unwrap_or_default();
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let version = header.text(VERSION).unwrap_or_default();
    let version = header.text(RELEASE).map_or(version.clone(), |release| format!("{version}-{release}"));
    Ok(Some(component(Ecosystem::Rpm, None, &name, &version).map(|mut one| {
        one.licence = header.text(LICENCE).and_then(|text| licence(&text));
        let epoch = header.number(EPOCH).map(|epoch| epoch.to_string());
        one.qualifiers =
            qualifiers([("arch", header.text(ARCH)), ("epoch", epoch), ("upstream", header.text(SOURCE))]);
        let hash = header.text(SHA256_OF_HEADER);
        let hash = hash.filter(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        one.hashes = hash.map(|hash| (Algorithm::Sha256, hash.to_ascii_lowercase())).into_iter().collect();
        one
    })))
}

struct Header<'a> {
    index: &'a [u8],
    values: &'a [u8],
}

impl<'a> Header<'a> {
    fn of(blob: &'a [u8]) -> Option<Self> {
        let size = |at: usize| {
            blob.get(at..).and_then(<[u8]>::first_chunk).map(|four| u32::from_be_bytes(*four) as usize)
        };
        let index = 8..8usize.checked_add(size(0)?.checked_mul(ENTRY)?)?;
        let values = index.end..index.end.checked_add(size(4)?)?;
        Some(Self { index: blob.get(index)?, values: blob.get(values)? })
    }

    /// The values of a tag, from its first one on.
    fn value(&self, tag: u32) -> Option<&'a [u8]> {
        let mut entries = self.index.chunks_exact(ENTRY);
        let entry = entries.find(|entry| entry.starts_with(&tag.to_be_bytes()))?;
        let offset = u32::from_be_bytes(*entry.get(8..)?.first_chunk()?);
        self.values.get(usize::try_from(offset).ok()?..)
    }

    fn text(&self, tag: u32) -> Option<String> {
        let value = self.value(tag)?;
        let end = value.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&value[..end]).into_owned())
    }

    fn number(&self, tag: u32) -> Option<u32> {
        Some(u32::from_be_bytes(*self.value(tag)?.first_chunk()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_is_read_by_its_index() {
        let values = b"bash\x005.2\x001\x00";
        let index: Vec<u8> = [(NAME, 0u32), (VERSION, 5), (RELEASE, 9)]
            .iter()
            .flat_map(|(tag, at)| {
                [tag.to_be_bytes(), 6u32.to_be_bytes(), at.to_be_bytes(), 1u32.to_be_bytes()].concat()
            })
            .collect();
        let blob = [&3u32.to_be_bytes()[..], &11u32.to_be_bytes(), &index, values].concat();
        let one = package(&blob).unwrap().unwrap().unwrap();
        assert_eq!((&*one.name, &*one.version), ("bash", "5.2-1"));
        assert!(package(&blob[..40]).unwrap_err().contains("cut short"));
    }

    proptest! {
        #[test]
        fn arbitrary_headers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = package(&bytes);
            let _ = package(&[&[0, 0, 0, 2, 0, 0, 0, 20][..], &bytes].concat());
        }
    }
}
