//! Probe: the version of Java's class format (Java Virtual Machine Specification, 4.1), of class files and of the
//! classes in jars. Checks do not need it.

use std::io::{Cursor, Read};

use crate::survey::{Entry, Fact, HEAD_MAX, Head, Look, Probe};

/// The most members of a jar that are looked at.
const MEMBERS: usize = 100_000;

/// Classes of a jar below this directory are for newer Javas (JAR File Specification, "Multi-release JAR files").
const NEWER: &str = "META-INF/versions/";

/// Reads the head of every class, and of every class of a jar of up to [`HEAD_MAX`] bytes.
pub struct ClassVersions;

impl Probe for ClassVersions {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let fact = |version: Option<u16>| version.map(Fact::ClassVersion).into_iter().collect();
        if entry.name().ends_with(".class") {
            return Some(Head::look(8, move |bytes, _| fact(major(bytes))));
        }
        let jar = entry.name().ends_with(".jar") && entry.size <= HEAD_MAX as u64;
        jar.then(|| Head::look(HEAD_MAX, move |bytes, _| fact(highest(bytes))))
    }
}

/// The major version in the head of a class.
fn major(head: &[u8]) -> Option<u16> {
    let version = head.get(6..8)?.first_chunk()?;
    head.starts_with(&[0xca, 0xfe, 0xba, 0xbe]).then(|| u16::from_be_bytes(*version))
}

/// The highest version of a jar's classes that every Java loads.
fn highest(jar: &[u8]) -> Option<u16> {
    let mut zip = zip::ZipArchive::new(Cursor::new(jar)).ok()?;
    let mut highest = None;
    for at in 0..zip.len().min(MEMBERS) {
        let Ok(mut member) = zip.by_index(at) else { continue };
        // `module-info` is read only where modules are.
        let is_counted = member.name().is_ok_and(|name| name.ends_with(".class") && !name.starts_with(NEWER));
        if !is_counted {
            continue;
        }
        let mut head = [0; 8];
        if member.read_exact(&mut head).is_ok() {
            highest = highest.max(major(&head));
        }
    }
    highest
}

/// The version of a file, where [`ClassVersions`] read one.
pub fn of(entry: &Entry) -> Option<u16> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::ClassVersion(version) => Some(*version),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn the_highest_version_counts_that_every_java_loads() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, version) in [("A.class", 61), ("b/B.class", 65), ("META-INF/versions/25/A.class", 69)] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, version]).unwrap();
        }
        assert_eq!(highest(&zip.finish().unwrap().into_inner()), Some(65));
        assert_eq!(highest(b"PK"), None);
        assert_eq!(major(b"\xca\xfe\xba\xbe\0\0\0"), None);
    }
}
