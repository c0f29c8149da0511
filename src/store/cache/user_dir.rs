//! Where the user's cache is.

use std::env;
use std::path::{Path, PathBuf};

/// The directory of the user's cache: `$LAMBDA_IMG_CACHE`, else `lambda-img` in `$XDG_CACHE_HOME` or `~/.cache` (XDG base
/// directory specification: relative paths do not count). `None` for a user without a home, or with one that cannot be
/// written to. Whether the directory can be trusted is another question: [`check`](super::check).
pub fn user_dir() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || folder("HOME").map(|home| home.join(".cache"));
    let xdg = || folder("XDG_CACHE_HOME").filter(|dir| dir.is_absolute()).or_else(home);
    let usual = || xdg().map(|dir| dir.join("lambda-img")).filter(|dir| may_write(dir));
    folder("LAMBDA_IMG_CACHE").or_else(usual)
}

/// Whether a directory, or the nearest above it that is there, can be written to.
fn may_write(dir: &Path) -> bool {
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    dir.ancestors().find(|dir| dir.exists()).is_some_and(|dir| rustix::fs::access(dir, wanted).is_ok())
}
