//! Finds the central directory of a zip or jar in a layer (APPNOTE.TXT of PKWARE, 4.3.12 to 4.3.16).
//! The search uses its size, because the count of members wraps if a writer does not support ZIP64.

use std::ops::Range;

const END: usize = 22;
const END_64: usize = 56;
const LOCATOR: usize = 20;

/// The directory at the end of `bytes`, which may be the last part of a zip; `None` where it is not there in
/// full.
pub(super) fn directory(bytes: &[u8]) -> Option<Range<usize>> {
    // The end record, and a comment of up to 64 KiB.
    let from = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let record = from + bytes.get(from..)?.windows(4).rposition(|sign| sign == b"PK\x05\x06")?;
    let is = |at: Option<usize>, sign: &[u8]| at.is_some_and(|at| bytes[at..].starts_with(sign));
    let (locator, record_64) = (record.checked_sub(LOCATOR), record.checked_sub(LOCATOR + END_64));
    let (end, size) = match record_64 {
        // Some writers leave nothing in the shorter fields.
        Some(at) if is(locator, b"PK\x06\x07") && is(record_64, b"PK\x06\x06") => {
            (at, u64::from_le_bytes(*bytes.get(at + 40..)?.first_chunk()?))
        }
        _ => (record, u64::from(u32::from_le_bytes(*bytes.get(record + 12..)?.first_chunk()?))),
    };
    let size = usize::try_from(size).ok()?;
    Some(end.checked_sub(size)?..end)
}
