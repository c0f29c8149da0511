//! Entries of a layer tar, as stored.

use serde::{Deserialize, Serialize};

use super::Fact;
use super::path::{name, split};

/// What the keys of extended attributes begin with.
pub(super) const XATTRS: [&str; 2] = ["SCHILY.xattr.", "LIBARCHIVE.xattr."];

/// One entry of a layer tar, extended headers folded into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The path to the letter; bytes that are not UTF-8 stand as `\xNN`. Directories end in `/`.
    pub path: String,
    /// The kind.
    pub kind: Kind,
    /// Size of the content in bytes.
    pub size: u64,
    /// Permission bits, set-id and sticky bits included.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u64, u64),
    /// Seconds since 1970.
    pub mtime: i64,
    /// Target of a symbolic or hard link, written as `path` is.
    pub link: Option<String>,
    /// Keys of its PAX records, but for those that only say what the fields above say;
    /// a digest in place of many.
    pub pax: Vec<String>,
    /// What probes found in its content.
    pub facts: Vec<Fact>,
}

/// The kind of an entry (POSIX `typeflag`, GNU's additions).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A hard link to an entry before it.
    HardLink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A file with holes, in GNU's form or as PAX records say it.
    Sparse,
    /// Anything else, by its `typeflag`.
    Other(u8),
}

impl Kind {
    /// What it is called, as `hard-link`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::File => "file",
            Kind::Dir => "dir",
            Kind::Symlink => "symlink",
            Kind::HardLink => "hard-link",
            Kind::CharDevice => "char-device",
            Kind::BlockDevice => "block-device",
            Kind::Fifo => "fifo",
            Kind::Sparse => "sparse",
            Kind::Other(_) => "other",
        }
    }
}

/// What a whiteout hides (OCI image specification, "whiteouts").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whiteout<'a> {
    /// One path of the layers below.
    Path(&'a str, &'a str),
    /// Everything that the layers below have in this directory.
    Opaque(&'a str),
}

impl Entry {
    /// The path without `./` or `/` in front and `/` behind: how the merged view calls it. Empty for the
    /// root.
    pub fn name(&self) -> &str {
        name(&self.path)
    }

    /// Names of its extended attributes.
    pub fn xattrs(&self) -> impl Iterator<Item = &str> {
        let strip = |key: &'_ String| {
            let key: &str = key;
            XATTRS.iter().find_map(|prefix| key.strip_prefix(prefix)).map(str::len)
        };
        self.pax.iter().filter_map(move |key| strip(key).map(|len| &key[key.len() - len..]))
    }

    /// Its whole text, where a probe kept it.
    pub fn text(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Text(text) => Some(&**text),
            _ => None,
        })
    }

    /// What it hides, if it is a whiteout.
    pub fn whiteout(&self) -> Option<Whiteout<'_>> {
        // Of thousands of paths, most have none.
        if !self.path.contains(".wh.") {
            return None;
        }
        let (dir, base) = split(self.name());
        match base.strip_prefix(".wh.")? {
            ".wh..opq" => Some(Whiteout::Opaque(dir)),
            hidden => Some(Whiteout::Path(dir, hidden)),
        }
    }
}
