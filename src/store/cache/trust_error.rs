//! Why a directory is not used as a cache.

use std::path::PathBuf;

/// Why a directory is not used as the cache.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Distrust {
    /// The directory belongs to another user, who could change images in it.
    #[error("`{}` belongs to another user (uid {uid})", path.display())]
    Owner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The group of the directory, or all users, could change images in it.
    #[error("other users can write to `{}` (mode {mode:04o})", path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The path leads through a symlink of another user.
    #[error("`{}` is a symlink of another user (uid {uid})", path.display())]
    ForeignLink {
        /// The link.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// A directory of the cache is a symlink.
    #[error("`{}` is a symlink", .0.display())]
    Link(PathBuf),
}
