//! Name and version in the header of an installed package (rpm's "Package format", "Header structure", without the
//! magic number: that is how the database has it).

use crate::survey::OsPackage;

/// `RPMTAG_NAME`, `_VERSION`, `_RELEASE`, `_EPOCH` (rpmtag.h).
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;

/// Bytes of an entry of the index: tag, type, offset, count.
const ENTRY: usize = 16;

/// The package of a header; `None` where it is damaged.
pub fn package(header: &[u8]) -> Option<OsPackage> {
    let word = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?));
    let entries = usize::try_from(word(0)?).ok()?;
    let data = header.get(entries.checked_mul(ENTRY)?.checked_add(8)?..)?;
    let at = |tag: u32| {
        (0..entries)
            .map(|entry| 8 + entry * ENTRY)
            .find(|at| word(*at) == Some(tag))
            .and_then(|at| word(at + 8))
    };
    let text = |tag: u32| {
        let bytes = data.get(usize::try_from(at(tag)?).ok()?..)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    };
    let epoch = at(EPOCH)
        .and_then(|at| data.get(usize::try_from(at).ok()?..)?.first_chunk().copied())
        .map(|bytes| format!("{}:", u32::from_be_bytes(bytes)))
        .unwrap_or_default();
    Some(OsPackage { name: text(NAME)?, version: format!("{epoch}{}-{}", text(VERSION)?, text(RELEASE)?) })
}
