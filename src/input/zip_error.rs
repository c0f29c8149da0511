//! The reasons to refuse a zip, and the limits of zips.

use std::io;

use crate::tree::ImagePath;

/// The most bytes that a zip may unpack to: 10 GiB, Lambda's limit for a whole image.
pub const MAX_UNPACKED: u64 = 10 << 30;
/// How many times its packed size a large member, or a large archive, may unpack to. Deflate itself
/// reaches 1032; only long runs of one byte come near that.
pub const MAX_RATIO: u64 = 200;
/// Members up to this many bytes may have any ratio: a file of zeros of some megabytes is honest.
pub const RATIO_FREE_MEMBER: u64 = 64 << 20;
/// An archive that unpacks to at most this many bytes, 1 GiB, may have any ratio as a whole.
pub const RATIO_FREE_ARCHIVE: u64 = 1 << 30;
/// So many members.
fn members(count: u64) -> String {
    if count == 1 { "1 member".to_owned() } else { format!("{count} members") }
}

/// Why a zip cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// The archive is truncated, is split into several files, or is not a zip.
    #[error("it is not a complete zip archive")]
    Archive(#[from] ::zip::result::ZipError),
    /// The host's own error, a file that changed, or a [`Corrupt`](super::Corrupt) member.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The end record and the directory have different numbers of members.
    #[error(
        "its end record states {}, but its directory has {found}; pack it again; more than 65535 members need a \
         tool that supports ZIP64",
        members(*recorded)
    )]
    Count {
        /// What the end record says.
        recorded: u64,
        /// The value found.
        found: u64,
    },
    /// The end record and the directory have different sizes.
    #[error("its end record states {recorded} bytes for its directory, which has {found}")]
    Size {
        /// What the end record says.
        recorded: u64,
        /// The value found.
        found: u64,
    },
    /// The end record must follow the last member of the directory.
    #[error("its directory has {}, but no end record follows them", members(*.0))]
    NoEnd(u64),
    /// The names of the members are too long together.
    #[error(
        "the names of its {members} members are too long: they have {names} bytes, and those of their directories \
         more than {directories}"
    )]
    Names {
        /// Number of members.
        members: usize,
        /// Bytes of their paths.
        names: usize,
        /// Bytes that the paths of the directories above them may have.
        directories: usize,
    },
    /// The name of a member is not a relative path.
    #[error("the name of member `{name}` {reason}")]
    Name {
        /// The name, escaped.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Two members have the same name.
    #[error("it contains member `{0}` twice")]
    Duplicate(String),
    /// Two members have names for the same path.
    #[error("members `{first}` and `{second}` have the same path")]
    SamePath {
        /// One name, escaped.
        first: String,
        /// The other, escaped.
        second: String,
    },
    /// Windows and macOS treat the two names as one.
    #[error("members `{first}` and `{second}` differ only in case")]
    Case {
        /// One.
        first: ImagePath,
        /// The other.
        second: ImagePath,
    },
    /// A member is below another one that is not a directory.
    #[error("member `{name}` is below `{above}`, which is {kind}")]
    Below {
        /// The member.
        name: ImagePath,
        /// What it is below.
        above: ImagePath,
        /// What that is.
        kind: &'static str,
    },
    /// Members share bytes of the archive, as in a zip bomb.
    #[error("its members overlap")]
    Overlap,
    /// The member needs a password.
    #[error("member `{0}` is encrypted")]
    Encrypted(ImagePath),
    /// The member has a compression that this tool cannot read.
    #[error(
        "member `{name}` is compressed with method {method}; only stored and deflated members can be read"
    )]
    Method {
        /// The member.
        name: ImagePath,
        /// The method, by name or number.
        method: String,
    },
    /// An image cannot contain a member of this kind.
    #[error("member `{name}` is {kind}")]
    Special {
        /// The member.
        name: ImagePath,
        /// What it is.
        kind: &'static str,
    },
    /// The content of the archive is larger than an image can be.
    #[error("it unpacks to {0} bytes; an image can have at most {MAX_UNPACKED} (10 GiB)")]
    TooLarge(u64),
    /// The content is so much larger than the archive that it must be an attack.
    #[error("{what} unpacks from {packed} bytes to {size}, more than {MAX_RATIO} times as many: a zip bomb")]
    Bomb {
        /// A member, or the archive.
        what: String,
        /// Bytes in the archive.
        packed: u64,
        /// Bytes unpacked.
        size: u64,
    },
}
