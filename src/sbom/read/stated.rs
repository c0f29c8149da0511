//! What all readers of package files share: sizes, texts, and which names and versions are believed.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::redact::clean;
use crate::survey::{Algorithm, Checksum, Component, Ecosystem, Fact, HEAD_MAX, Head, Look};

/// The longest name, version or licence that is taken, in bytes.
const TEXT_MAX: usize = 1024;

/// Reads a file whole, if it is not larger than all package files are.
pub fn whole(read: impl FnOnce(&[u8]) -> Vec<Fact> + 'static) -> Box<dyn Look> {
    Head::look(HEAD_MAX, |bytes, size| match size > HEAD_MAX as u64 {
        true => not_listed(format!("it has {size} bytes, and at most {HEAD_MAX} are read")),
        false => read(bytes),
    })
}

/// The fact that a file cannot be read.
pub fn not_listed(why: impl Into<String>) -> Vec<Fact> {
    vec![Fact::NotListed(why.into())]
}

/// Reads a file whole that is one JSON object.
pub fn json(read: impl FnOnce(&Value) -> Vec<Fact> + 'static) -> Box<dyn Look> {
    whole(|bytes| match serde_json::from_slice::<Value>(bytes) {
        Ok(value) if value.is_object() => read(&value),
        Ok(_) => not_listed("it is JSON, but not an object"),
        Err(error) => not_listed(format!("it is not JSON: {error}")),
    })
}

/// A text, and the fact that it is not UTF-8.
pub fn text(bytes: &[u8]) -> (String, Vec<Fact>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), Vec::new()),
        Err(error) => {
            let why = format!("it is not UTF-8 from byte {} on", error.valid_up_to());
            (String::from_utf8_lossy(bytes).into_owned(), not_listed(why))
        }
    }
}

/// A package without hashes and qualifiers, if its name and version can be those of a package.
///
/// # Errors
/// Why they cannot, as a clause about the file.
pub fn component(
    ecosystem: Ecosystem,
    namespace: Option<&str>,
    name: &str,
    version: &str,
) -> Result<Component, String> {
    let (name, version) = (name.trim(), version.trim());
    if name.is_empty() {
        return Err("it names no package".to_owned());
    }
    // Only a scope or a module path has several parts, and those are in the namespace.
    let is_name = |text: &str| {
        text.len() <= TEXT_MAX
            && ![".", ".."].contains(&text)
            && !text.contains(['/', '\\'])
            && is_plain(text)
    };
    let is_namespace = |text: &str| text.split('/').all(|part| !part.is_empty() && is_name(part));
    if !is_name(name) || !namespace.is_none_or(is_namespace) {
        let full = namespace.map(|namespace| format!("{namespace}/{name}"));
        return Err(format!(
            "it names a package `{}`, which cannot be a name",
            short(full.as_deref().unwrap_or(name))
        ));
    }
    // A file that says nothing is known by its hash alone.
    if version.is_empty() && ecosystem != Ecosystem::File {
        return Err(format!("it has no version of {name}"));
    }
    if version.len() > TEXT_MAX || !is_plain(version) {
        return Err(format!("its version of {name} is `{}`, which cannot be a version", short(version)));
    }
    Ok(Component {
        ecosystem,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        version: version.to_owned(),
        licence: None,
        hashes: Vec::new(),
        qualifiers: Vec::new(),
    })
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// The beginning of a text, so that it steers no terminal.
fn short(text: &str) -> String {
    clean(&text.chars().take(80).collect::<String>())
}

/// Collects packages, and why some are not among them.
#[derive(Default)]
pub struct Found {
    components: Vec<Component>,
    faults: Vec<Fact>,
}

impl Found {
    /// Adds a package, or what is wrong with it. No more than 100 faults of a file are kept.
    pub fn add(&mut self, component: Result<Component, String>) {
        match component {
            Ok(component) => self.components.push(component),
            Err(why) => self.fault(why),
        }
    }

    /// Adds what is wrong.
    pub fn fault(&mut self, why: impl Into<String>) {
        if self.faults.len() < 100 {
            self.faults.push(Fact::NotListed(why.into()));
        }
    }

    /// The facts.
    pub fn facts(self) -> Vec<Fact> {
        let components = Some(Fact::Components(self.components));
        let components = components.filter(|fact| *fact != Fact::Components(Vec::new()));
        components.into_iter().chain(self.faults).collect()
    }
}

/// A licence, if the text is a short one: some packages have the whole text in its place.
pub fn licence(text: &str) -> Option<String> {
    let line = text.trim();
    let is_name = !line.is_empty() && line.len() <= 200 && !line.contains('\n') && line != "UNKNOWN";
    is_name.then(|| line.chars().filter(|c| !c.is_control()).collect())
}

/// The strongest hash of a value of Subresource Integrity (W3C): `sha512-` and Base64.
pub fn integrity(text: &str) -> Vec<Checksum> {
    let hashes = text.split_whitespace().filter_map(|one| {
        let (name, value) = one.split_once('-')?;
        let (algorithm, size) = match name {
            "sha1" => (Algorithm::Sha1, 20),
            "sha256" => (Algorithm::Sha256, 32),
            "sha384" => (Algorithm::Sha384, 48),
            "sha512" => (Algorithm::Sha512, 64),
            _ => return None,
        };
        let bytes = BASE64_STANDARD.decode(value.split('?').next()?).ok()?;
        (bytes.len() == size).then(|| (algorithm, hex(&bytes)))
    });
    hashes.max().into_iter().collect()
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_paths_or_steer_a_terminal_are_not_believed() {
        let of = |namespace, name, version| component(Ecosystem::Nodejs, namespace, name, version);
        assert!(of(Some("@scope"), "name", "1.0.0").is_ok() && of(None, "a.b", "1").is_ok());
        for (namespace, name) in [
            (None, "../x"),
            (None, ".."),
            (Some("@a/.."), "x"),
            (None, "a\u{1b}[31m"),
            (None, "a b"),
            (Some(""), "x"),
        ] {
            let why = of(namespace, name, "1").unwrap_err();
            assert!(why.contains("cannot be a name") && !why.contains('\u{1b}'), "{why}");
        }
        assert!(of(None, "", "1").unwrap_err().contains("names no package"));
        assert!(of(None, "x", " ").unwrap_err().contains("no version of x"));
        assert!(of(None, "x", "1\n2").unwrap_err().contains("cannot be a version"));
    }

    #[test]
    fn integrity_is_the_strongest_hash_in_hexadecimal() {
        assert_eq!(
            integrity("sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA= md5-x"),
            [(Algorithm::Sha1, "00".repeat(20))]
        );
        assert_eq!(integrity("sha512-short sha9-x"), []);
    }
}
