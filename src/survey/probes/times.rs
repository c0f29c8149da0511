//! Probe: times in the contents of files, and a digest of the file without them.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::zip_directory::directory;
use crate::survey::{Bytecode, Clock};

/// Dates of ISO 8601, of RFC 5322 and `date(1)`; seconds and milliseconds from 2001 to 2033.
const DATES: &str = r"(?x-u)
    \b\d{4}-[01]\d-[0-3]\d (?: [T_\x20] [0-2]\d:[0-5]\d (?: :[0-5]\d (?:[.,]\d+)? )? \x20? (?: Z\b | [+-]\d\d:?\d\d | UTC\b )? )?
    | \b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? \x20+
      (?: [A-Z][a-z]{2}\x20+\d{1,2} | \d{1,2}\x20[A-Z][a-z]{2}\x20\d{4} )
      \x20+ \d\d:\d\d:\d\d (?: \x20[AP]M )? (?: \x20+ (?:[A-Z]{3,4}|[+-]\d{4}) )? (?: \x20+\d{4} )?
    | \b1\d{9}(?:\d{3})?(?:\.\d+)?\b";

/// Overwrites the times in the content of a file of that name; `None` where there are none to be seen.
pub fn blank(name: &str, bytes: &mut Vec<u8>) -> Option<Clock> {
    if let Some(time) =
        Bytecode::of_bytes(bytes).filter(|_| name.ends_with(".pyc")).and_then(|it| it.time_at())
    {
        bytes.get_mut(time)?.fill(0);
        return Some(Clock::Bytecode);
    }
    if bytes.starts_with(&[0x1f, 0x8b, 8]) {
        bytes.get_mut(4..8)?.fill(0);
        return Some(Clock::Gzip);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        zip_times(bytes)?.into_iter().for_each(|time| bytes[time].fill(0));
        return Some(Clock::Zip);
    }
    static REGEX: OnceLock<Result<Regex, regex::Error>> = OnceLock::new();
    // Without the pattern no difference is explained away: contents then differ for no reason, which is told.
    let Ok(regex) = REGEX.get_or_init(|| Regex::new(DATES)) else { return None };
    if bytes.contains(&0) || !regex.is_match(bytes) {
        return None;
    }
    *bytes = regex.replace_all(bytes, &b"\0"[..]).into_owned();
    Some(Clock::Text)
}

/// Where a zip archive has the times of its members, in its directory and before each of them.
fn zip_times(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let half = |at: usize| Some(usize::from(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?)));
    let word = |at: usize| usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok();
    let directory = directory(bytes)?;
    let mut at = directory.start;
    let (mut times, mut locals) = (Vec::new(), Vec::new());
    // Extra fields of times: NTFS, extended timestamp and Info-ZIP's old form.
    let extra = |from: usize, size: usize, times: &mut Vec<Range<usize>>| -> Option<()> {
        let (mut at, end) = (from, from.checked_add(size)?);
        while at + 4 <= end {
            let (kind, size) = (half(at)?, half(at + 2)?);
            if matches!(kind, 0x000a | 0x5455 | 0x5855) {
                times.push(at + 4..(at + 4 + size).min(end));
            }
            at += 4 + size;
        }
        Some(())
    };
    while at < directory.end {
        if !bytes.get(at..)?.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (name, more, comment) = (half(at + 28)?, half(at + 30)?, half(at + 32)?);
        locals.push(word(at + 42)?);
        times.push(at + 12..at + 16);
        extra(at + 46 + name, more, &mut times)?;
        at += 46 + name + more + comment;
    }
    if at != directory.end {
        return None;
    }
    // Members that lie in each other are no archive, and would be read over and over.
    locals.sort_unstable();
    let mut free = 0;
    for local in locals {
        if local < free || !bytes.get(local..)?.starts_with(b"PK\x03\x04") {
            return None;
        }
        let (name, more) = (half(local + 26)?, half(local + 28)?);
        times.push(local + 10..local + 14);
        extra(local + 30 + name, more, &mut times)?;
        free = local + 30 + name + more;
    }
    times.iter().all(|time| time.end <= bytes.len()).then_some(times)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blanked(name: &str, bytes: &[u8]) -> (Option<Clock>, Vec<u8>) {
        let mut bytes = bytes.to_vec();
        (blank(name, &mut bytes), bytes)
    }

    #[test]
    fn texts_that_differ_in_times_are_one_without_them() {
        for (one, other) in [
            ("built 2026-11-25T13:23:01Z.", "built 2025-01-02T03:04:05Z."),
            ("on 2026-11-25 at", "on 2020-02-03 at"),
            ("#Tue Nov 25 13:23:01 UTC 2026\n", "#Wed Jan  1 03:04:05 CET 2020\n"),
            ("Wed 25 Nov 2026 01:23:01 PM UTC", "Thu 02 Jan 2020 11:23:01 AM UTC"),
            ("Date: Tue, 25 Nov 2026 13:23:01 +0100", "Date: Thu, 02 Jan 2020 13:23:01 +0000"),
            (r#"{"at":1764077000}"#, r#"{"at":1564077999}"#),
            (r#"{"at":1764077000123}"#, r#"{"at":1564077999999}"#),
        ] {
            let (clock, text) = blanked("a.txt", one.as_bytes());
            assert_eq!(clock, Some(Clock::Text), "{one}");
            assert_eq!(blanked("a.txt", other.as_bytes()), (clock, text), "{other}");
        }
        for text in ["version 1.2.3", "2026", "12345678901", "a1764077000b", "1.10.2-11-25"] {
            assert_eq!(blanked("a.txt", text.as_bytes()), (None, text.as_bytes().to_vec()));
        }
    }

    #[test]
    fn zips_of_other_times_are_one_without_them() {
        let zip = |year| {
            let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            let time = zip::DateTime::from_date_and_time(year, 2, 3, 4, 5, 6).unwrap();
            for name in ["a", "b/c"] {
                let options = zip::write::SimpleFileOptions::default().last_modified_time(time);
                zip.start_file(name, options).unwrap();
                std::io::Write::write_all(&mut zip, b"text").unwrap();
            }
            zip.finish().unwrap().into_inner()
        };
        let (one, other) = (blanked("x.jar", &zip(2001)), blanked("x.jar", &zip(2020)));
        assert_ne!(zip(2001), zip(2020));
        assert_eq!((one.0, &one), (Some(Clock::Zip), &other));
    }

    #[test]
    fn times_of_more_members_than_a_count_has_bits_for_are_blanked() {
        let mut bytes = Vec::new();
        let local = [b"PK\x03\x04".as_slice(), &[1; 22], &[0; 4]].concat();
        let members = 65_537_u32;
        (0..members).for_each(|_| bytes.extend(&local));
        for at in 0..members {
            bytes.extend(b"PK\x01\x02");
            bytes.extend([1; 24]);
            bytes.extend([0; 14]);
            bytes.extend((at * 30).to_le_bytes());
        }
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        bytes.extend((members * 46).to_le_bytes());
        bytes.extend((members * 30).to_le_bytes());
        bytes.extend([0; 2]);
        assert_eq!(zip_times(&bytes).unwrap().len(), 2 * members as usize);
    }

    #[test]
    fn members_in_each_other_are_no_archive() {
        let mut zip = b"PK\x03\x04".to_vec();
        zip.resize(30, 0);
        for _ in 0..2 {
            let start = zip.len();
            zip.extend(b"PK\x01\x02");
            zip.resize(start + 46, 0);
        }
        zip.extend(b"PK\x05\x06\0\0\0\0\0\0\x02\0");
        zip.extend(92_u32.to_le_bytes());
        zip.extend(30_u32.to_le_bytes());
        zip.extend([0; 2]);
        assert_eq!(zip_times(&zip), None);
        let at = zip.len() - 10;
        zip[at] = 46;
        assert_eq!(zip_times(&zip), Some(vec![88..92, 10..14]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(head in prop_oneof![Just("PK\x03\x04"), Just("\x1f"), Just("")],
                               mut bytes in proptest::collection::vec(any::<u8>(), 0..200),
                               end in proptest::collection::vec(any::<u8>(), 18..22)) {
            let mut all = head.as_bytes().to_vec();
            all.append(&mut bytes);
            all.extend(b"PK\x05\x06");
            all.extend(end);
            let size = all.len();
            if blank("a.pyc", &mut all) != Some(Clock::Text) {
                prop_assert_eq!(all.len(), size);
            }
        }
    }
}
