//! The package databases of Debian and Alpine, and what names a distribution (`os-release`, freedesktop.org).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::stated::{Found, component, hex, licence, text, whole};
use crate::survey::{Algorithm, Component, Ecosystem, Entry, Fact, Head, Look, Probe, split};

/// Where a distribution names itself, the first that is there.
pub const OS_RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];

/// Reads the database of dpkg, that of apk, and `os-release`. Images without dpkg have a file for each package in
/// `status.d`.
pub struct Linux;

impl Probe for Linux {
    fn begin(&self, entry: &Entry) -> Option<Box<dyn Look>> {
        match entry.name() {
            "var/lib/dpkg/status" => Some(whole(|bytes| stanzas(bytes, debian))),
            "lib/apk/db/installed" | "usr/lib/apk/db/installed" => {
                Some(whole(|bytes| stanzas(bytes, alpine)))
            }
            name if OS_RELEASE.contains(&name) => Some(Head::look(64 << 10, |bytes, _| {
                std::str::from_utf8(bytes).map(|text| Fact::Text(text.to_owned())).into_iter().collect()
            })),
            name => {
                let (dir, base) = split(name);
                let of_one = dir == "var/lib/dpkg/status.d" && !base.ends_with(".md5sums");
                of_one.then(|| whole(|bytes| stanzas(bytes, debian)))
            }
        }
    }
}

/// Reads a package, if it is installed, from what gives the value of a field.
type ReadStanza = fn(&dyn Fn(&str) -> Option<String>) -> Option<Result<Component, String>>;

/// Paragraphs of `Field: value`, as both databases have them.
fn stanzas(bytes: &[u8], read: ReadStanza) -> Vec<Fact> {
    let (text, not_text) = text(bytes);
    let mut found = Found::default();
    for stanza in text.split("\n\n").filter(|stanza| !stanza.trim().is_empty()) {
        let field = |name: &str| {
            let mut lines = stanza.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(field, _)| *field == name).map(|(_, value)| value.trim().to_owned())
        };
        read(&field).into_iter().for_each(|one| found.add(one));
    }
    found.facts().into_iter().chain(not_text).collect()
}

/// A package of dpkg, if it is installed (deb-status(5)).
fn debian(field: &dyn Fn(&str) -> Option<String>) -> Option<Result<Component, String>> {
    let state = field("Status");
    if state.is_some_and(|state| state.split_whitespace().last() != Some("installed")) {
        return None;
    }
    let of = |name| field(name).unwrap_or_default();
    let one = component(Ecosystem::Debian, None, &of("Package"), &of("Version"));
    Some(one.map(|mut one| {
        // `Source: glibc (2.36-9)`, where name or version are others than those of the package.
        let source = field("Source").map(|source| source.replace(" (", "@").replace(')', ""));
        one.qualifiers = qualifiers([("arch", field("Architecture")), ("upstream", source)]);
        one
    }))
}

/// A package of apk (Alpine's wiki, "Apk spec", "Installed database").
fn alpine(field: &dyn Fn(&str) -> Option<String>) -> Option<Result<Component, String>> {
    let name = field("P")?;
    let one = component(Ecosystem::Alpine, None, &name, &field("V").unwrap_or_default());
    Some(one.map(|mut one| {
        one.licence = field("L").and_then(|text| licence(&text));
        one.qualifiers =
            qualifiers([("arch", field("A")), ("upstream", field("o").filter(|of| *of != name))]);
        // `Q1` stands for SHA-1.
        let sha1 = field("C").and_then(|text| BASE64_STANDARD.decode(text.strip_prefix("Q1")?).ok());
        one.hashes = sha1
            .filter(|hash| hash.len() == 20)
            .map(|hash| (Algorithm::Sha1, hex(&hash)))
            .into_iter()
            .collect();
        one
    }))
}

/// Those qualifiers that have a value.
pub fn qualifiers<const N: usize>(pairs: [(&str, Option<String>); N]) -> Vec<(String, String)> {
    let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(facts: Vec<Fact>) -> Vec<String> {
        let [Fact::Components(list)] = &facts[..] else { panic!("{facts:?}") };
        list.iter().map(|one| format!("{} {} {:?}", one.name, one.version, one.qualifiers)).collect()
    }

    #[test]
    fn only_what_is_installed_is_listed() {
        let status = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36)\nVersion: \
                      2.36-9\nDescription: x\n more: y\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n";
        let found = listed(stanzas(status.as_bytes(), debian));
        assert_eq!(found, ["libc6 2.36-9 [(\"arch\", \"amd64\"), (\"upstream\", \"glibc@2.36\")]"]);
    }

    #[test]
    fn the_database_of_alpine() {
        let installed =
            "C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\no:musl\nF:lib\nR:x\n";
        let facts = stanzas(installed.as_bytes(), alpine);
        let [Fact::Components(list)] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!(list[0].hashes, [(Algorithm::Sha1, "00".repeat(20))]);
        assert_eq!(listed(facts), ["musl 1.2.5-r0 [(\"arch\", \"x86_64\")]"]);
    }
}
