//! Inputs of a function: turns a directory, a zip or a file into a [`FileTree`]. Images are read in
//! [`source`](crate::source). To add a kind of input, add a file here, a variant of [`InputKind`] and a branch of
//! [`collect`].
//!
//! Names, kinds of files, links and all bytes of a zip are checked here, before anything is written. The contents of
//! files are read later; if a file has changed by then, that is an error.

mod collected;
mod default_excludes;
mod dir;
mod error;
mod exclusions;
mod ignore;
mod ignore_error;
mod ignore_file;
mod listings;
mod parallel_walk;
mod pattern;
mod select;
mod symlink;
mod symlink_error;
mod zip;
mod zip_error;

use std::fs::{self, File};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::Path;

pub use self::collected::{Collected, InputKind};
use self::dir::special;
pub use self::error::InputError;
use self::error::{image_path, not_utf8};
pub use self::exclusions::Exclusions;
pub use self::ignore_error::IgnoreError;
pub use self::select::{Selected, Selection};
pub use self::symlink_error::SymlinkError;
pub use self::zip::Corrupt;
pub use self::zip_error::{MAX_RATIO, MAX_UNPACKED, RATIO_FREE_ARCHIVE, RATIO_FREE_MEMBER, ZipFault};
use crate::tree::{Content, FileTree, Node};

/// Collects what is at `path`: a directory, a zip (by its first bytes, or by the extension `.zip` or
/// `.jar`), or one regular file, which becomes a tree of that file under its own name. At most `jobs` threads ask
/// the host.
///
/// `path` itself may be a symlink. Nothing is written, and no link inside is followed.
///
/// # Errors
/// [`InputError`], for the first thing in the order of paths that cannot go into an image.
pub fn collect(path: &Path, exclusions: &Exclusions, jobs: NonZeroUsize) -> Result<Collected, InputError> {
    collect_as(path, exclusions, jobs, is_zip)
}

/// Collects what is at `path`, a zip as the one file that it is, and leaves nothing out but `.git` and what builds
/// work in.
///
/// # Errors
/// As [`collect`].
pub fn collect_plain(path: &Path, jobs: NonZeroUsize) -> Result<Collected, InputError> {
    collect_as(path, &Exclusions::default(), jobs, |_| Ok(false))
}

fn collect_as(
    path: &Path,
    exclusions: &Exclusions,
    jobs: NonZeroUsize,
    is_zip: impl Fn(&Path) -> io::Result<bool>,
) -> Result<Collected, InputError> {
    let read = |source| InputError::Read { path: path.to_owned(), source };
    let metadata = match fs::metadata(path) {
        // A link to nothing is there, and its target is not: the same to the user.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(InputError::Missing(path.to_owned()));
        }
        other => other.map_err(read)?,
    };
    let collected = if metadata.is_dir() {
        dir::collect(path, exclusions, jobs)?
    } else if let Some(kind) = special(metadata.file_type()) {
        return Err(InputError::Special { path: path.to_owned(), kind });
    } else if is_zip(path).map_err(read)? {
        zip::collect(path, exclusions)?
    } else {
        one_file(path, exclusions)?
    };
    if collected.tree.iter().all(|(_, node)| matches!(node, Node::Dir { .. })) {
        return Err(InputError::Empty(path.to_owned()));
    }
    Ok(collected)
}

fn is_zip(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    let named = path.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("zip") || extension.eq_ignore_ascii_case("jar")
    });
    // The second is the end record alone: a zip of nothing.
    Ok(named || magic == b"PK\x03\x04" || magic == b"PK\x05\x06")
}

fn one_file(path: &Path, exclusions: &Exclusions) -> Result<Collected, InputError> {
    let read = |source| InputError::Read { path: path.to_owned(), source };
    // Contents are opened without following a link, so the path must be the file's own.
    let own = fs::canonicalize(path).map_err(read)?;
    let metadata = fs::symlink_metadata(&own).map_err(read)?;
    let name = path.file_name().or(own.file_name()).unwrap_or_default();
    let name = image_path(name.to_str().ok_or_else(|| not_utf8("the name", path))?, path)?;
    let mut tree = FileTree::new();
    if !exclusions.rules(None)?.excludes(&name) {
        let executable = dir::is_executable(&metadata);
        tree.insert(name, Node::File { content: Content::host(own, &metadata), executable })?;
    }
    Ok(Collected { tree, warnings: Vec::new(), left_out: Vec::new(), kind: InputKind::File })
}

#[cfg(test)]
mod tests;
