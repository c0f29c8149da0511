//! Headers of packages as RPM's database has them (rpm.org, "Package format", "Header structure", without the magic
//! number): an index of tags, and their values.

/// A tag of a header (`rpmtag.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(u32);

impl Tag {
    /// `RPMTAG_NAME`.
    pub const NAME: Self = Self(1000);
    /// `RPMTAG_VERSION`.
    pub const VERSION: Self = Self(1001);
    /// `RPMTAG_RELEASE`.
    pub const RELEASE: Self = Self(1002);
    /// `RPMTAG_EPOCH`, a number.
    pub const EPOCH: Self = Self(1003);
    /// `RPMTAG_LICENSE`.
    pub const LICENCE: Self = Self(1014);
    /// `RPMTAG_ARCH`.
    pub const ARCH: Self = Self(1022);
    /// `RPMTAG_SOURCERPM`.
    pub const SOURCE: Self = Self(1044);
    /// `RPMTAG_SHA256HEADER`: SHA-256 of the header as it was signed, in hexadecimal digits.
    pub const SHA256_OF_HEADER: Self = Self(273);
}

/// Bytes of an entry of the index: tag, type, offset and count.
const ENTRY: usize = 16;

/// A header.
pub struct Header<'a> {
    index: &'a [u8],
    values: &'a [u8],
}

impl<'a> Header<'a> {
    /// The header that these bytes are; `None` where it is cut short.
    pub fn of(blob: &'a [u8]) -> Option<Self> {
        let size = |at: usize| {
            blob.get(at..).and_then(<[u8]>::first_chunk).map(|four| u32::from_be_bytes(*four) as usize)
        };
        let index = 8..8usize.checked_add(size(0)?.checked_mul(ENTRY)?)?;
        let values = index.end..index.end.checked_add(size(4)?)?;
        Some(Self { index: blob.get(index)?, values: blob.get(values)? })
    }

    /// The text of a tag, if the header has it.
    pub fn text(&self, tag: Tag) -> Option<String> {
        let value = self.value(tag)?;
        let end = value.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&value[..end]).into_owned())
    }

    /// The number of a tag, if the header has it.
    pub fn number(&self, tag: Tag) -> Option<u32> {
        Some(u32::from_be_bytes(*self.value(tag)?.first_chunk()?))
    }

    /// The values of a tag, from its first one on.
    fn value(&self, Tag(tag): Tag) -> Option<&'a [u8]> {
        let mut entries = self.index.chunks_exact(ENTRY);
        let entry = entries.find(|entry| entry.starts_with(&tag.to_be_bytes()))?;
        let offset = u32::from_be_bytes(*entry.get(8..)?.first_chunk()?);
        self.values.get(usize::try_from(offset).ok()?..)
    }
}
