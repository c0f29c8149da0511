//! Java: the coordinates that Maven and Gradle write into jars, also of jars in jars.

use std::io::{Read, Seek};

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use tempfile::SpooledTempFile;
use zip::ZipArchive;

use super::spool::Spool;
use super::stated::{Found, component, hex, not_listed};
use crate::survey::{Algorithm, Checksum, Component, Ecosystem, Entry, HEAD_MAX, Look, Probe, split};

/// How deep jars are in jars, at most: an application that a plugin packed has two levels.
const DEPTH: usize = 4;

/// The most that the jars in one file unpack to, in bytes.
const UNPACKED_MAX: u64 = 1 << 30;

/// The most members of a jar that are looked at.
const MEMBERS_MAX: usize = 200_000;

/// The largest `pom.properties` and manifest that are read, in bytes.
const TEXT_MAX: u64 = 64 << 10;

/// Reads jars, wars, ears and zips of Java.
pub struct Java;

impl Probe for Java {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        let name = entry.name().to_owned();
        is_jar(&name).then(|| {
            Spool::look(b"", move |file| {
                let mut reading = Reading { found: Found::default(), left: UNPACKED_MAX };
                match reading.jar(file, split(&name).1, 0) {
                    Ok(()) => reading.found.facts(),
                    Err(why) => [reading.found.facts(), not_listed(why)].concat(),
                }
            })
        })
    }
}

fn is_jar(name: &str) -> bool {
    [".jar", ".war", ".ear"].iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

struct Reading {
    found: Found,
    /// How many bytes may still be unpacked.
    left: u64,
}

impl Reading {
    fn jar(&mut self, mut file: SpooledTempFile, name: &str, depth: usize) -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| format!("{name} cannot be read as a jar: {error}");
        let hashes = hashes(&mut file).map_err(|error| told(&error))?;
        let mut zip = ZipArchive::new(file).map_err(|error| told(&error))?;
        if zip.len() > MEMBERS_MAX {
            return Err(format!("{name} has {} members, and at most {MEMBERS_MAX} are looked at", zip.len()));
        }
        let members: Vec<_> = zip.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
        let mut own = Vec::new();
        for member in members.iter().filter(|member| is_properties(member)) {
            let text = self.text(&mut zip, member).map_err(|error| told(&error))?;
            own.push(of_properties(&text));
        }
        if own.is_empty() {
            let manifest = self.text(&mut zip, "META-INF/MANIFEST.MF").unwrap_or_default();
            own.push(of_manifest(&manifest, name));
        }
        // The jar is what its file name says; it may hold what it was made of, too.
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let alone = own.len() == 1;
        for one in own {
            let is_it = |one: &Component| {
                alone || stem == one.name || stem == format!("{}-{}", one.name, one.version)
            };
            self.found.add(one.map(|mut one| {
                if is_it(&one) {
                    one.hashes = hashes.clone();
                }
                one
            }));
        }
        for member in members.iter().filter(|member| is_jar(member)) {
            let inner = split(member).1;
            if depth + 1 == DEPTH {
                self.found.fault(format!("{inner} is {DEPTH} jars deep, and is not read"));
                continue;
            }
            let unpacked = self.unpacked(&mut zip, member).map_err(|error| told(&error));
            if let Err(why) = unpacked.and_then(|file| self.jar(file, inner, depth + 1)) {
                self.found.fault(why);
            }
        }
        Ok(())
    }

    fn text(&mut self, zip: &mut ZipArchive<SpooledTempFile>, member: &str) -> Result<String, String> {
        let mut bytes = Vec::new();
        let member = zip.by_name(member).map_err(|error| error.to_string())?;
        let limit = TEXT_MAX.min(self.left);
        member.take(limit).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        self.left -= bytes.len() as u64;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn unpacked(
        &mut self,
        zip: &mut ZipArchive<SpooledTempFile>,
        member: &str,
    ) -> Result<SpooledTempFile, String> {
        let member = zip.by_name(member).map_err(|error| error.to_string())?;
        let mut file = tempfile::spooled_tempfile(HEAD_MAX);
        let size =
            std::io::copy(&mut member.take(self.left), &mut file).map_err(|error| error.to_string())?;
        self.left -= size;
        match self.left {
            0 => Err(format!("the jars in it unpack to more than {UNPACKED_MAX} bytes")),
            _ => Ok(file),
        }
    }
}

fn is_properties(member: &str) -> bool {
    member.starts_with("META-INF/maven/") && member.ends_with("/pom.properties")
}

/// SHA-1, by which Maven Central is searched, and SHA-256.
fn hashes(file: &mut SpooledTempFile) -> std::io::Result<Vec<Checksum>> {
    let (mut sha1, mut sha256) = (Context::new(&SHA1_FOR_LEGACY_USE_ONLY), Context::new(&SHA256));
    let mut buffer = vec![0; 64 << 10];
    file.rewind()?;
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => {
                sha1.update(&buffer[..count]);
                sha256.update(&buffer[..count]);
            }
        }
    }
    let hex = |context: Context| hex(context.finish().as_ref());
    Ok(vec![(Algorithm::Sha1, hex(sha1)), (Algorithm::Sha256, hex(sha256))])
}

fn of_properties(text: &str) -> Result<Component, String> {
    let value = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim()).unwrap_or_default()
    };
    component(Ecosystem::Java, Some(value("groupId")), value("artifactId"), value("version"))
}

/// Of a jar without coordinates: the name of its file, and the version in it or in its manifest.
fn of_manifest(text: &str, file: &str) -> Result<Component, String> {
    let value = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(name, _)| *name == key).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let dashes = stem.match_indices('-').map(|(at, _)| (&stem[..at], &stem[at + 1..]));
    let named = dashes.clone().find(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
    let (name, of_name) = named.map_or((stem, None), |(name, version)| (name, Some(version)));
    let version = of_name.or_else(|| value("Implementation-Version")).or_else(|| value("Bundle-Version"));
    let group = value("Implementation-Vendor-Id");
    let ecosystem = if group.is_some() { Ecosystem::Java } else { Ecosystem::File };
    component(ecosystem, group, name, version.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jar_without_coordinates_is_known_by_its_file() {
        let of = |text, file| {
            let one = of_manifest(text, file).unwrap();
            (one.ecosystem, one.namespace, one.name, one.version)
        };
        let none = None::<String>;
        assert_eq!(
            of("", "guava-31.1-jre.jar"),
            (Ecosystem::File, none.clone(), "guava".into(), "31.1-jre".into())
        );
        assert_eq!(of("Bundle-Version: 2\n", "a-b.jar"), (Ecosystem::File, none, "a-b".into(), "2".into()));
        let text = "Implementation-Vendor-Id: org.x\nImplementation-Version: 3\n";
        assert_eq!(of(text, "y.jar"), (Ecosystem::Java, Some("org.x".into()), "y".into(), "3".into()));
    }
}
