//! The configuration of an entry: what is remembered of a layer, as JSON that is compressed with gzip.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::bad_entry_error::BadEntry;
use super::entry_name::{EntryName, FORMAT};
use super::manifest::{CONFIG_MAX, limit};
use super::table::{self, Row, SeenFacts};
use crate::digest::Digest;
use crate::pack::{self, Packed};

/// The most bytes of a configuration without its compression.
const JSON_MAX: u64 = 128 << 20;

/// The most bytes of a tar, which are those that Lambda takes of an image, and the most files in it.
const TAR_MAX: u64 = 10 << 30;
const FILES_MAX: u64 = 1_000_000;

/// The most warnings of a step, and the most bytes of one.
const WARNINGS_MAX: usize = 200;
const WARNING_MAX: usize = 4096;

/// What is remembered of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryConfig {
    /// The layer; none, where a step wrote no file.
    pub packed: Option<Packed>,
    /// Its files, in order.
    pub files: Vec<Row>,
    /// What the user should know of the step.
    pub warnings: Vec<String>,
    /// What checks saw in it, for the version of the checks that is written in hexadecimal digits.
    pub checks: Option<(String, SeenFacts)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    format: u32,
    kind: String,
    key: String,
    layer: Option<LayerForm>,
    files: Vec<Row>,
    warnings: Vec<String>,
    checks: Option<ChecksForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LayerForm {
    digest: Digest,
    size: u64,
    diff_id: Digest,
    tar_size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChecksForm {
    version: String,
    facts: SeenFacts,
}

impl EntryConfig {
    /// Its bytes as stored, for the entry of this name; without what checks saw, where they would be more than what is
    /// read, and `None` where they still are, or where there are more warnings than are read.
    pub fn to_bytes(&self, name: &EntryName) -> Option<Vec<u8>> {
        self.within(name, CONFIG_MAX)
    }

    fn within(&self, name: &EntryName, most: u64) -> Option<Vec<u8>> {
        if !self.warns_little() {
            return None;
        }
        let unchecked = || Self { checks: None, ..self.clone() }.whole_within(name, most);
        self.whole_within(name, most).or_else(unchecked)
    }

    fn whole_within(&self, name: &EntryName, most: u64) -> Option<Vec<u8>> {
        let layer = self.packed.map(|Packed { digest, size, diff_id, tar_size }| LayerForm {
            digest,
            size,
            diff_id,
            tar_size,
        });
        let checks = self.checks.clone().map(|(version, facts)| ChecksForm { version, facts });
        let form = Form {
            format: FORMAT,
            kind: name.kind.name().to_owned(),
            key: name.key.to_string(),
            layer,
            files: self.files.clone(),
            warnings: self.warnings.clone(),
            checks,
        };
        let json = serde_json::to_vec(&form).ok()?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::new(6));
        gzip.write_all(&json).ok()?;
        let bytes = gzip.finish().ok()?;
        (json.len() as u64 <= JSON_MAX && bytes.len() as u64 <= most).then_some(bytes)
    }

    /// The configuration that these bytes are, of the entry of this name, whose manifest has this `layer`.
    ///
    /// # Errors
    /// [`BadEntry`].
    pub fn parse(bytes: &[u8], name: &EntryName, layer: Option<(Digest, u64)>) -> Result<Self, BadEntry> {
        let form = |why: String| BadEntry::Form(format!("its configuration {why}"));
        let mut json = Vec::new();
        let mut plain = GzDecoder::new(bytes).take(JSON_MAX + 1);
        plain.read_to_end(&mut json).map_err(|error| form(format!("is not gzip: {error}")))?;
        limit("its configuration", json.len() as u64, JSON_MAX)?;
        let Form { format, kind, key, layer: said, files, warnings, checks } =
            serde_json::from_slice(&json).map_err(|error| form(format!("has another form: {error}")))?;
        if (format, kind.as_str(), key) != (FORMAT, name.kind.name(), name.key.to_string()) {
            return Err(form("is that of another entry".to_owned()));
        }
        if said.as_ref().map(|layer| (layer.digest, layer.size)) != layer {
            return Err(BadEntry::Contradiction(
                "its configuration is about another layer than its manifest",
            ));
        }
        let packed = said.map(|LayerForm { digest, size, diff_id, tar_size }| Packed {
            digest,
            size,
            diff_id,
            tar_size,
        });
        let checks = checks.map(|ChecksForm { version, facts }| (version, facts));
        let config = Self { packed, files, warnings, checks };
        config.fits()?;
        Ok(config)
    }

    fn warns_little(&self) -> bool {
        let is_short = |warning: &String| warning.len() <= WARNING_MAX;
        self.warnings.len() <= WARNINGS_MAX && self.warnings.iter().all(is_short)
    }

    /// Refuses what cannot be true.
    fn fits(&self) -> Result<(), BadEntry> {
        limit("its tar", self.packed.map(|packed| packed.tar_size).unwrap_or_default(), TAR_MAX)?;
        if self.files.len() as u64 > FILES_MAX {
            return Err(BadEntry::Contradiction("its table has too many files"));
        }
        if self.files.iter().any(|row| row.size.is_some_and(|size| size > TAR_MAX)) {
            return Err(BadEntry::Contradiction("its table has a file that is larger than a tar can be"));
        }
        if !self.warns_little() {
            return Err(BadEntry::Contradiction("it has more or longer warnings than are read"));
        }
        let tree = table::tree(&self.files)?;
        if self.packed.is_some() == tree.is_empty() {
            return Err(BadEntry::Contradiction(
                "it has a table without a layer, or a layer without a table",
            ));
        }
        if self.packed.is_some_and(|packed| packed.tar_size != pack::tar_size(&tree)) {
            return Err(BadEntry::Contradiction("its table does not fit the size of its tar"));
        }
        let facts = self.checks.iter().flat_map(|(_, facts)| facts);
        let numbers: Vec<_> = facts.map(|(at, _)| *at as usize).collect();
        let of_files = numbers.iter().all(|at| self.files.get(*at).is_some_and(|row| row.size.is_some()));
        if !of_files || !numbers.is_sorted() {
            return Err(BadEntry::Contradiction("what checks saw is not about its files"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry_name::EntryKind;
    use super::*;
    use crate::key::Key;
    use crate::survey::Fact;

    fn gzip(json: &str) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(json.as_bytes()).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn configurations_come_back_whole_and_others_are_refused() {
        let name = EntryName { kind: EntryKind::Step, key: Key::of(b"k") };
        let file = Row { path: "a".to_owned(), size: Some(3), executable: true, sticky: false, target: None };
        let tar_size = pack::tar_size(&table::tree(std::slice::from_ref(&file)).unwrap());
        let packed = Packed { digest: Digest::of(b"1"), size: 9, diff_id: Digest::of(b"2"), tar_size };
        let good = EntryConfig {
            packed: Some(packed),
            files: vec![file],
            warnings: vec!["w".to_owned()],
            checks: Some(("v".to_owned(), vec![(0, vec![Fact::Text("t".to_owned())])])),
        };
        let layer = Some((packed.digest, packed.size));
        assert_eq!(EntryConfig::parse(&good.to_bytes(&name).unwrap(), &name, layer).unwrap(), good);
        let nothing = EntryConfig { packed: None, files: vec![], warnings: vec![], checks: None };
        assert_eq!(EntryConfig::parse(&nothing.to_bytes(&name).unwrap(), &name, None).unwrap(), nothing);

        // What does not fit is written without what checks saw: readers look at the layer.
        let unchecked = EntryConfig { checks: None, ..good.clone() };
        let size = unchecked.to_bytes(&name).unwrap().len() as u64;
        let cut = good.within(&name, size).unwrap();
        assert_eq!(EntryConfig::parse(&cut, &name, layer).unwrap(), unchecked);
        assert_eq!(good.within(&name, size - 1), None);

        let other = EntryName { key: Key::of(b"other"), ..name };
        let with = |change: &dyn Fn(&mut EntryConfig)| {
            let mut config = good.clone();
            change(&mut config);
            config.to_bytes(&name).unwrap()
        };
        let warning = |warnings: Vec<String>| {
            let written = EntryConfig { warnings: vec!["MARK".to_owned()], ..good.clone() };
            let mut json = String::new();
            GzDecoder::new(&*written.to_bytes(&name).unwrap()).read_to_string(&mut json).unwrap();
            gzip(&json.replace("[\"MARK\"]", &serde_json::to_string(&warnings).unwrap()))
        };
        let many = EntryConfig { warnings: vec!["w".to_owned(); WARNINGS_MAX + 1], ..good.clone() };
        assert_eq!(many.to_bytes(&name), None);
        let deep = format!("{{\"files\":{}{}}}", "[".repeat(200), "]".repeat(200));
        let bomb = " ".repeat(JSON_MAX as usize + 1);
        for (bytes, why) in [
            (good.to_bytes(&other).unwrap(), "another entry"),
            (b"x".to_vec(), "not gzip"),
            (gzip("{}"), "another form"),
            (gzip(&deep), "another form"),
            (gzip(&bomb), "at most"),
            (with(&|config| config.packed = None), "another layer"),
            (with(&|config| config.files.clear()), "without a table"),
            (warning(vec!["w".to_owned(); WARNINGS_MAX + 1]), "warnings than are read"),
            (warning(vec!["w".repeat(WARNING_MAX + 1)]), "warnings than are read"),
            (with(&|config| config.files[0].size = Some(600)), "does not fit"),
            (with(&|config| config.files[0].size = Some(u64::MAX)), "larger than a tar"),
            (with(&|config| config.packed.as_mut().unwrap().tar_size = u64::MAX), "at most"),
            (with(&|config| config.checks.as_mut().unwrap().1[0].0 = 7), "not about its files"),
        ] {
            let error = EntryConfig::parse(&bytes, &name, layer).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
