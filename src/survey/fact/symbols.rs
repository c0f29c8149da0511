//! The dynamic symbols of an ELF file.

use serde::{Deserialize, Serialize};

use super::Version;

/// The dynamic symbols of an ELF file. A versioned name is written as `memcpy@GLIBC_2.14`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symbols {
    /// What it needs of others, without weak symbols, which may be missing.
    pub needs: Vec<Need>,
    /// What it defines for others, in byte order.
    pub defines: Vec<String>,
}

/// A symbol that a file needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Need {
    /// The name, without a version.
    pub name: String,
    /// The version, and the library that must have it; none for a symbol of any version.
    pub version: Option<Version>,
}

impl Need {
    /// The name as a library defines it: `memcpy@GLIBC_2.14`.
    pub fn versioned(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{}", self.name, version.name),
            None => self.name.clone(),
        }
    }
}

impl Symbols {
    /// Whether it defines this name, as [`Need::versioned`] writes it.
    pub fn defines(&self, name: &str) -> bool {
        self.defines.binary_search_by(|defined| defined.as_str().cmp(name)).is_ok()
    }
}
