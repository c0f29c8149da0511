//! `lambda-img.lock`: the pinned image of each base.
//!
//! A pin is the digest of the image manifest for one architecture, never of an index. The same digest is in
//! `org.opencontainers.image.base.digest` of the built image.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::value::Datetime;

use crate::arch::Arch;
use crate::date::Date;
use crate::digest::{Digest, InvalidDigest};
use crate::reference::{InvalidReference, Reference};
use crate::store::{FileError, read_small, replace};

/// The name of the file.
pub const FILE_NAME: &str = "lambda-img.lock";

const VERSION: i64 = 1;

/// One base, pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Lambda's identifier of the runtime.
    pub runtime: String,
    /// The architecture.
    pub arch: Arch,
    /// What was asked for: registry, repository and tag.
    pub reference: Reference,
    /// Digest of the image manifest.
    pub digest: Digest,
    /// Digest of the image configuration.
    pub config: Digest,
    /// The day on which it was looked up.
    pub date: Date,
}

/// All pins of a lock file: one for each runtime and architecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeMap<(String, Arch), Pin>);

/// Why a lock file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not even text.
    #[error("`{}` is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// Not the TOML that it should be.
    #[error("`{}` is malformed", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What TOML has against it.
        source: toml::de::Error,
    },
    /// A value that is not what its key says.
    #[error("`{}` is malformed: entry {entry}: {why}", path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Number of the entry, from 1.
        entry: usize,
        /// What is wrong.
        why: String,
    },
    /// Written by a newer program.
    #[error("`{}` has version {found}, this program knows version {VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: i64,
    #[serde(default)]
    base: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    runtime: String,
    architecture: String,
    reference: String,
    digest: String,
    config: String,
    date: Datetime,
}

impl Entry {
    fn pin(self) -> Result<Pin, String> {
        let arch = Arch::ALL.into_iter().find(|arch| arch.lambda() == self.architecture);
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.';
        if self.runtime.is_empty() || !self.runtime.chars().all(word) {
            return Err(format!("`{}` is not a runtime", self.runtime.escape_debug()));
        }
        Ok(Pin {
            runtime: self.runtime,
            arch: arch.ok_or_else(|| format!("`{}` is neither x86_64 nor arm64", self.architecture))?,
            reference: self.reference.parse().map_err(|error: InvalidReference| error.to_string())?,
            digest: self.digest.parse().map_err(|error: InvalidDigest| error.to_string())?,
            config: self.config.parse().map_err(|error: InvalidDigest| error.to_string())?,
            date: day(self.date).ok_or_else(|| format!("`{}` is not a date", self.date))?,
        })
    }
}

fn day(date: Datetime) -> Option<Date> {
    if date.time.is_some() || date.offset.is_some() {
        return None;
    }
    date.to_string().parse().ok()
}

impl Pins {
    /// Reads a lock file.
    ///
    /// # Errors
    /// [`LockError`]; where there is no file, too.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        Self::of_bytes(read_small(path)?, path)
    }

    /// The pins of a lock file's bytes; `path` is what it is called.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn of_bytes(bytes: Vec<u8>, path: &Path) -> Result<Self, LockError> {
        let text = String::from_utf8(bytes).map_err(|_| LockError::NotText { path: path.to_owned() })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, LockError> {
        let path = || path.to_owned();
        let file: File =
            toml::from_str(text).map_err(|source| LockError::Malformed { path: path(), source })?;
        if file.version != VERSION {
            return Err(LockError::Version { path: path(), found: file.version });
        }
        let mut pins = Self::default();
        for (at, entry) in file.base.into_iter().enumerate() {
            let failed = |why| LockError::Entry { path: path(), entry: at + 1, why };
            let pin = entry.pin().map_err(failed)?;
            if let Some(twice) = pins.put(pin) {
                return Err(failed(format!("`{}` for {} stands twice", twice.runtime, twice.arch)));
            }
        }
        Ok(pins)
    }

    /// Writes a lock file next to its name and renames it. `comment` is its first line, without the `#`.
    ///
    /// # Errors
    /// [`LockError::File`].
    pub fn write(&self, path: &Path, comment: &str) -> Result<(), LockError> {
        Ok(replace(path, format!("# {comment}\n{self}").as_bytes())?)
    }

    /// All pins, by runtime and architecture.
    pub fn iter(&self) -> impl Iterator<Item = &Pin> {
        self.0.values()
    }

    /// The pin of a runtime for an architecture.
    pub fn get(&self, runtime: &str, arch: Arch) -> Option<&Pin> {
        self.0.get(&(runtime.to_owned(), arch))
    }

    /// The pin of what `reference` names, for an architecture.
    pub fn find(&self, reference: &Reference, arch: Arch) -> Option<&Pin> {
        self.iter().find(|pin| pin.arch == arch && pin.reference == *reference)
    }

    /// Sets a pin, and returns the one that was there.
    pub fn put(&mut self, pin: Pin) -> Option<Pin> {
        self.0.insert((pin.runtime.clone(), pin.arch), pin)
    }
}

/// The file: sorted, and the same bytes for the same pins. No value needs an escape.
impl fmt::Display for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "version = {VERSION}")?;
        for Pin { runtime, arch, reference, digest, config, date } in self.iter() {
            writeln!(f, "\n[[base]]\nruntime = \"{runtime}\"\narchitecture = \"{arch}\"")?;
            writeln!(f, "reference = \"{reference}\"\ndigest = \"{digest}\"")?;
            writeln!(f, "config = \"{config}\"\ndate = {date}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn pin(runtime: &str, arch: Arch) -> Pin {
        Pin {
            runtime: runtime.to_owned(),
            arch,
            reference: format!("public.ecr.aws/lambda/x:{arch}").parse().unwrap(),
            digest: Digest::of(b"manifest"),
            config: Digest::of(b"config"),
            date: Date::new(2026, 11, 23).unwrap(),
        }
    }

    #[test]
    fn what_is_written_reads_back_sorted() {
        let mut pins = Pins::default();
        for (runtime, arch) in
            [("python3.12", Arch::Arm64), ("java21", Arch::X86_64), ("python3.12", Arch::X86_64)]
        {
            assert_eq!(pins.put(pin(runtime, arch)), None);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE_NAME);
        pins.write(&path, "pins").unwrap();
        assert_eq!(Pins::read(&path).unwrap(), pins);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("date = 2026-11-23\n") && text.find("java21") < text.find("python3.12"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert_eq!(pins.find(&pin("", Arch::Arm64).reference, Arch::Arm64).unwrap().runtime, "python3.12");
        assert_eq!(pins.find(&pin("", Arch::Arm64).reference, Arch::X86_64), None);
    }

    #[test]
    fn malformed_files_are_refused_by_what_is_wrong() {
        let mut pins = Pins::default();
        pins.put(pin("python3.12", Arch::X86_64));
        let good = pins.to_string();
        let parse = |text: &str| Pins::parse(text, Path::new("lambda-img.lock"));
        assert_eq!(parse(&good).unwrap(), pins);
        let twice = format!("{good}{}", &good[good.find("[[base]]").unwrap()..]);
        for (text, why) in [
            (good.replace("version = 1", "version = 2"), "has version 2"),
            (good.replace("x86_64\"\nref", "amd64\"\nref"), "neither x86_64 nor arm64"),
            (good.replace("digest = \"sha256:", "digest = \"sha512:"), "not a digest"),
            (good.replace("lambda/x", "lambda/X"), "upper-case"),
            (good.replace("2026-11-23", "2026-11-23T00:00:00"), "not a date"),
            (good.replace("python3.12", "python\\\"3"), "not a runtime"),
            (good.replace("config =", "conf ="), "malformed"),
            (twice, "stands twice"),
            ("<html>".to_owned(), "malformed"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
