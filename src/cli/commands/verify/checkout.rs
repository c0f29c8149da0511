//! The files of a commit: the working tree that is at it, or a checkout that ends with its value.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::cli::fleet::git::Git;
use crate::cli::show::error::CliError;

/// The directory of a commit that is to the commit what the current directory is to the working tree.
pub struct Checkout {
    /// Where it is.
    pub dir: PathBuf,
    /// Whether it is the user's working tree.
    pub is_working_tree: bool,
    /// Lives as long as the files are needed.
    _files: Option<TempDir>,
}

impl Checkout {
    /// Of a commit of the repository that the current directory is in: 40 or 64 hexadecimal digits. A working tree at the
    /// commit must be clean, because what is built there would not be the commit.
    pub fn of(commit: &str) -> Result<Self, CliError> {
        let here = env::current_dir().map_err(CliError::Here)?;
        let git = Git::at(&here)?;
        let prefix = git.ask(&["rev-parse", "--show-prefix"])?;
        let prefix = Path::new(OsStr::from_bytes(prefix.trim_ascii_end()));
        if git.ask(&["cat-file", "-e", &format!("{commit}^{{commit}}")]).is_err() {
            return Err(CliError::NoCommit { commit: commit.to_owned() });
        }
        // A repository without a commit of its own has no head.
        let head = git.ask(&["rev-parse", "--verify", "--quiet", "HEAD"]).unwrap_or_default();
        if head.trim_ascii_end() == commit.as_bytes() {
            let changes = git.ask(&["status", "--porcelain", "-z", "--untracked-files=normal"])?;
            return match changes.split(|byte| *byte == 0).next().and_then(|first| first.get(3..)) {
                None => Ok(Self { dir: here, is_working_tree: true, _files: None }),
                Some(path) => {
                    let path = String::from_utf8_lossy(path).into_owned();
                    Err(CliError::UncommittedChanges { commit: commit.to_owned(), path })
                }
            };
        }
        let files = TempDir::with_prefix("lambda-img-verify-").map_err(CliError::Checkout)?;
        let place = files.path().join("files");
        let clone = git.borrowed(&place)?;
        clone.ask(&["checkout", "--quiet", "--detach", commit])?;
        let dir = place.join(prefix);
        if !dir.is_dir() {
            return Err(CliError::NotInCommit {
                dir: prefix.display().to_string(),
                commit: commit.to_owned(),
            });
        }
        Ok(Self { dir, is_working_tree: false, _files: Some(files) })
    }
}
