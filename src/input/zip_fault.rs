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

/// What is wrong with a zip.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipFault {
    /// The archive's own structure: truncated, no zip at all, of several disks.
    #[error("it is no complete zip archive")]
    Archive(#[from] ::zip::result::ZipError),
    /// The host's own error, a file that changed, or a [`Corrupt`](super::Corrupt) member.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its end record counts other members than its directory has.
    #[error(
        "its end record counts {}, and its directory has {found}: pack it again, with a tool that knows ZIP64 where \
         there are more than 65535",
        members(*recorded)
    )]
    Count {
        /// What the end record says.
        recorded: u64,
        /// The value found.
        found: u64,
    },
    /// Its end record gives its directory another size.
    #[error("its end record says that its directory has {recorded} bytes, and it has {found}")]
    Size {
        /// What the end record says.
        recorded: u64,
        /// The value found.
        found: u64,
    },
    /// Something else than the end record is behind the last member of its directory.
    #[error("no end record follows the {} of its directory", members(*.0))]
    NoEnd(u64),
    /// The paths of its members, and of the directories above them, are too long together.
    #[error(
        "the names of its {members} members have {names} bytes, and the directories that they imply more than \
         {directories}"
    )]
    Names {
        /// Number of members.
        members: usize,
        /// Bytes of their paths.
        names: usize,
        /// Bytes that the paths of the directories above them may have.
        directories: usize,
    },
    /// A name that is not a path inside a directory.
    #[error("the name of member `{name}` {reason}")]
    Name {
        /// The name, escaped.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// One name, two members.
    #[error("member `{0}` is in it twice")]
    Duplicate(String),
    /// Two names for one path.
    #[error("members `{first}` and `{second}` have the same path")]
    SamePath {
        /// One name, escaped.
        first: String,
        /// The other, escaped.
        second: String,
    },
    /// Two names that differ in case alone.
    #[error("members `{first}` and `{second}` differ only in case")]
    Case {
        /// One.
        first: ImagePath,
        /// The other.
        second: ImagePath,
    },
    /// A member in something that is not a directory.
    #[error("member `{name}` is below `{above}`, which is {kind}")]
    Below {
        /// The member.
        name: ImagePath,
        /// What it is below.
        above: ImagePath,
        /// What that is.
        kind: &'static str,
    },
    /// Members that share bytes of the archive, as those of bombs do.
    #[error("members overlap in it")]
    Overlap,
    /// A member that needs a password.
    #[error("member `{0}` is encrypted")]
    Encrypted(ImagePath),
    /// A member compressed by something else than deflate.
    #[error("member `{name}` is compressed by method {method}: only stored and deflated ones can be read")]
    Method {
        /// The member.
        name: ImagePath,
        /// The method, by name or number.
        method: String,
    },
    /// A member of a kind that no image may hold.
    #[error("member `{name}` is {kind}")]
    Special {
        /// The member.
        name: ImagePath,
        /// What it is.
        kind: &'static str,
    },
    /// It unpacks to more than [`MAX_UNPACKED`].
    #[error("it unpacks to {0} bytes, and {MAX_UNPACKED} (10 GiB) is the most that an image may hold")]
    TooLarge(u64),
    /// It unpacks to far more than it holds.
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
