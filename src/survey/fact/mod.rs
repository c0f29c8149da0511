//! What probes say about the content of a file.

mod bytecode;
mod component;
mod elf;
mod package;
mod script;
mod secret;
mod symbols;
mod time_format;

use serde::{Deserialize, Serialize};

pub use bytecode::{Bytecode, Validity};
pub use component::{Algorithm, Checksum, Component, Ecosystem, Locked};
pub use elf::{Elf, Version};
pub use package::OsPackage;
pub use script::Script;
pub use secret::{Secret, SecretKind};
pub use symbols::{Need, Symbols};
pub use time_format::Clock;

use crate::digest::Digest;

/// One thing that a probe saw. Facts are small: they are kept for every file of an image, and from one
/// run to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// The whole text of a small file, such as `package.json` or `.runtimeconfig.json`.
    Text(String),
    /// It is an ELF file.
    Elf(Box<Elf>),
    /// It is a script that can be executed.
    Script(Script),
    /// It is Python bytecode.
    Bytecode(Bytecode),
    /// It holds a secret.
    Secret(Secret),
    /// It lists the files of a Python package: these are their first directories and files, relative to
    /// the directory that packages are installed in.
    Package(Vec<String>),
    /// The words of a source file which defines nothing that these do not name; in byte order.
    Words(Vec<String>),
    /// CRC-32 values of the names of a jar's classes, in ascending order.
    Classes(Vec<u32>),
    /// CRC-32 of a large file.
    Checksum(u32),
    /// The digest of its content.
    Content(Digest),
    /// It takes version 2 of AWS's SDK for JavaScript.
    SdkV2,
    /// The names of its functions that take a callback, in JavaScript; in byte order.
    Callbacks(Vec<String>),
    /// It holds times, and this is the digest of its content without them.
    Timeless(Clock, Digest),
    /// Its dynamic symbols.
    Symbols(Box<Symbols>),
    /// The highest version of Java's class format in it: 65 for Java 21.
    ClassVersion(u16),
    /// The packages that it lists as an rpm database.
    OsPackages(Vec<OsPackage>),
    /// It records these packages.
    Components(Vec<Component>),
    /// It records packages, and cannot be read: a clause about it.
    NotListed(String),
    /// It says what packages were downloaded as.
    Locked(Vec<Locked>),
}
