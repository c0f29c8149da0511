//! Packages as package managers record them in the files of an image.

use serde::{Deserialize, Serialize};

/// Who installs packages, and by which rules they are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ecosystem {
    /// Packages of Python: pip, uv, Poetry.
    Python,
    /// Packages of Node.js: npm, pnpm, yarn.
    Nodejs,
    /// Artifacts of Maven and Gradle.
    Java,
    /// Packages of NuGet.
    Dotnet,
    /// Gems.
    Ruby,
    /// Modules of Go.
    Go,
    /// Crates of Cargo.
    Rust,
    /// Debian's packages, and those of its descendants.
    Debian,
    /// Alpine's packages.
    Alpine,
    /// Packages of RPM, as Amazon Linux has them.
    Rpm,
    /// A file that belongs to no package manager, such as a jar without coordinates.
    File,
}

/// How a hash was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A hash: the algorithm, and the value in lower-case hexadecimal digits.
pub type Checksum = (Algorithm, String);

/// One package, as one file of the image records it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Component {
    /// Whose package.
    pub ecosystem: Ecosystem,
    /// What the name is unique in: Maven's group, npm's scope with its `@`, the path before the name of a Go module.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The licence, as the package states it.
    pub licence: Option<String>,
    /// Hashes of what was installed: those that the package manager recorded, or those of the file itself.
    pub hashes: Vec<Checksum>,
    /// Qualifiers of the package URL, such as `arch`; without `distro`, which is the image's.
    pub qualifiers: Vec<(String, String)>,
}

/// What a lock file of an installation says about the package in one directory below its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The directory, relative to that of the lock file's `node_modules`.
    pub dir: String,
    /// Hashes of what was downloaded.
    pub hashes: Vec<Checksum>,
}
