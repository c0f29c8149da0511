//! Why a symbolic link cannot be in an image.

/// Why a symbolic link cannot be in an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SymlinkError {
    /// The target is not part of the input, so the image would not contain it.
    #[error("symlink `{link}` points to `{target}`, which is outside of the input")]
    Leaves {
        /// Where the link is.
        link: String,
        /// What it points to.
        target: String,
    },
    /// The target is an absolute path into the input directory on this machine.
    #[error(
        "symlink `{link}` points to `{target}`, an absolute path of this machine that the image does not have"
    )]
    Host {
        /// Where the link is.
        link: String,
        /// What it points to.
        target: String,
    },
    /// The link is part of a cycle.
    #[error("symlink `{link}` points to `{target}`, which leads back to the symlink")]
    Cycle {
        /// Where the link is.
        link: String,
        /// What it points to.
        target: String,
    },
    /// The links of the input lead through more directories than can be followed in reasonable time.
    #[error("symlink `{link}` points to `{target}`, which leads through too many other symlinks")]
    Tangle {
        /// Where the link is.
        link: String,
        /// What it points to.
        target: String,
    },
    /// The target is empty, too long, or contains a NUL byte.
    #[error("symlink `{link}` has the invalid target `{}`", target.escape_debug())]
    Target {
        /// Where the link is.
        link: String,
        /// What it points to.
        target: String,
    },
}
