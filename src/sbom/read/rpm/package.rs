//! Packages of RPM by their headers.

use super::super::linux::qualifiers;
use super::super::stated::{component, licence};
use crate::rpm::{Header, Tag};
use crate::survey::{Algorithm, Component, Ecosystem};

/// The package that a header describes. A key that RPM keeps like a package is left out.
///
/// # Errors
/// What is wrong with the header.
pub fn package(blob: &[u8]) -> Result<Option<Result<Component, String>>, String> {
    let header = Header::of(blob).ok_or("a header of its database is cut short")?;
    let name = header.text(Tag::NAME).unwrap_or_default();
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let version = header.text(Tag::VERSION).unwrap_or_default();
    let version = header.text(Tag::RELEASE).map_or(version.clone(), |release| format!("{version}-{release}"));
    Ok(Some(component(Ecosystem::Rpm, None, &name, &version).map(|mut one| {
        one.licence = header.text(Tag::LICENCE).and_then(|text| licence(&text));
        let epoch = header.number(Tag::EPOCH).map(|epoch| epoch.to_string());
        one.qualifiers = qualifiers([
            ("arch", header.text(Tag::ARCH)),
            ("epoch", epoch),
            ("upstream", header.text(Tag::SOURCE)),
        ]);
        let hash = header.text(Tag::SHA256_OF_HEADER);
        let hash = hash.filter(|hash| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
        one.hashes = hash.map(|hash| (Algorithm::Sha256, hash.to_ascii_lowercase())).into_iter().collect();
        one
    })))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_header_is_read_by_its_index() {
        let values = b"bash\x005.2\x001\x00";
        let index: Vec<u8> = [(1000u32, 0u32), (1001, 5), (1002, 9)]
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
