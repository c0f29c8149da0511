//! A package of the operating system.

use serde::{Deserialize, Serialize};

/// A package that an rpm database lists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OsPackage {
    /// Its name: `openssl-libs`.
    pub name: String,
    /// Version and release: `3.2.2-1.amzn2023.0.1`, with the epoch in front where it has one.
    pub version: String,
}
