//! Paths of Lambda's bases that a layer must not take the place of.

/// Directories of every base: a layer can add to them, not take their place.
pub const DIRECTORIES: [&str; 11] =
    ["dev", "etc", "opt", "proc", "sys", "tmp", "usr", "var", "var/lang", "var/runtime", "var/task"];

/// Directories in which the kernel mounts what it has there: files of a layer are never seen.
pub const MOUNTED: [&str; 3] = ["dev", "proc", "sys"];

/// Links of Amazon Linux to directories below `/usr` and `/run`. Extractors put a layer's directory in the
/// place of a link, and the base would lose its shell and its libraries.
pub const LINKS: [&str; 6] = ["bin", "lib", "lib64", "sbin", "var/lock", "var/run"];
