//! Python: the core metadata of installed packages (PyPA, "Core metadata specifications").

use super::stated::{Found, component, licence, text};
use crate::survey::{Ecosystem, Entry, Fact, Head, Look, Probe, split};

/// The most bytes of a file that are read: the description that follows the fields may be long.
const LIMIT: usize = 1 << 20;

/// Reads `METADATA` of `.dist-info`, and `PKG-INFO` of the older `.egg-info`, which may also be one file.
pub struct Python;

impl Probe for Python {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let (dir, base) = split(entry.name());
        let wanted = match base {
            "METADATA" => dir.ends_with(".dist-info"),
            "PKG-INFO" => dir.ends_with(".egg-info") || dir.ends_with("/EGG-INFO"),
            _ => base.ends_with(".egg-info"),
        };
        wanted.then(|| Head::look(LIMIT, |bytes, _| read(bytes)))
    }
}

fn read(bytes: &[u8]) -> Vec<Fact> {
    // The fields end with an empty line. The description behind them may be in any encoding.
    let fields = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
    let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
    let (text, not_text) = text(&bytes[..fields.min(crlf)]);
    // A value that goes on in lines with an indent is a text, as of a whole licence.
    let lines: Vec<_> = text.lines().collect();
    let goes_on = |at: usize| lines.get(at + 1).is_some_and(|next| next.starts_with([' ', '\t']));
    let whole: Vec<_> =
        lines.iter().enumerate().filter(|(at, _)| !goes_on(*at)).map(|(_, line)| *line).collect();
    let all = |field: &str| {
        let values = whole.iter().filter_map(|line| line.split_once(':'));
        let values =
            values.filter(|(name, _)| name.eq_ignore_ascii_case(field)).map(|(_, value)| value.trim());
        values.collect::<Vec<_>>()
    };
    let first = |field| all(field).first().copied().unwrap_or_default();
    let mut found = Found::default();
    found.add(component(Ecosystem::Python, None, first("Name"), first("Version")).map(|mut one| {
        let classifiers = all("Classifier").into_iter().filter_map(|line| {
            // `License :: OSI Approved :: MIT License`
            let parts: Vec<_> = line.split("::").map(str::trim).collect();
            let last = parts.last().filter(|last| **last != "OSI Approved")?;
            (parts[0] == "License").then_some(*last)
        });
        let stated = [first("License-Expression"), first("License")].into_iter().chain(classifiers);
        one.licence = stated.filter_map(licence).next();
        one
    }));
    found.facts().into_iter().chain(not_text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn licence_of(fields: &str) -> Option<String> {
        match &read(format!("Name: x\nVersion: 1\n{fields}\n\nLicense: no\n").as_bytes())[..] {
            [Fact::Components(list)] => list[0].licence.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_licence_is_an_expression_else_a_name_else_a_classifier() {
        assert_eq!(licence_of("License: BSD\nLicense-Expression: MIT OR ISC").as_deref(), Some("MIT OR ISC"));
        assert_eq!(
            licence_of("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License").as_deref(),
            Some("MIT License")
        );
        assert_eq!(licence_of("Classifier: License :: OSI Approved"), None);
        assert_eq!(licence_of("License: Copyright (c) 2005\n        All rights reserved."), None);
    }

    #[test]
    fn a_description_in_another_encoding_is_not_a_fault() {
        let facts = read(b"Name: x\r\nVersion: 1\r\n\r\n\xff\xfe");
        assert!(matches!(&facts[..], [Fact::Components(list)] if list[0].version == "1"), "{facts:?}");
        let facts = read(b"Name: x\nVersion: 1\nAuthor: \xe9\n");
        assert!(
            matches!(&facts[..], [Fact::Components(_), Fact::NotListed(why)] if why.contains("UTF-8")),
            "{facts:?}"
        );
    }
}
