//! What goes into an image: a directory, a zip or one file becomes a [`FileTree`].
//!
//! Everything is judged here, before anything is written: names, kinds of files, links, and every
//! byte of a zip. The contents of files are read later, and fail then if they changed since.

mod default_excludes;
mod dir;
mod ignore;
mod ignore_file;
mod parallel_walk;
mod pattern;
mod symlink;
mod zip;

use std::fs::{self, File};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use self::ignore::Descent;
pub use self::ignore::{IgnoreError, IgnoreRules, Verdict};
pub use self::symlink::SymlinkError;
pub use self::zip::{Corrupt, MAX_RATIO, MAX_UNPACKED, RATIO_FREE_ARCHIVE, RATIO_FREE_MEMBER, ZipFault};
use crate::tree::{Clash, Content, FileTree, ImagePath, InvalidPath, Node};

/// What stays out of an image, besides `.git`, the ignore file itself, and what builds work in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exclusions {
    /// Patterns of `--exclude`, taken after those of the ignore file.
    pub globs: Vec<String>,
    /// Paths of the host that this build writes, which need not exist yet; directories that hold nothing else
    /// stay out with them.
    pub outputs: Vec<PathBuf>,
    /// Whether the input's `.lambdaignore`, or else `.dockerignore`, is in force.
    pub ignore_file: bool,
    /// Whether a directory's editor settings, virtual environments, caches, images of builds and the like stay out too,
    /// unless a `!` brings them back. A zip is taken as it is.
    pub tools: bool,
}

/// What a path turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Dir,
    /// A zip archive: a deployment package, a Lambda layer, a `.jar`.
    Zip,
    /// One regular file.
    File,
}

/// An input, collected.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Its files, with paths relative to the input.
    pub tree: FileTree,
    /// What the user should know of, in the order of paths; each a whole sentence without a stop.
    pub warnings: Vec<String>,
    /// What stayed out only because tools keep or write it, in the order of paths: of a directory, its own path alone.
    pub left_out: Vec<String>,
    /// What the path turned out to be.
    pub kind: Kind,
}

/// Why a path is no input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// Nothing is there.
    #[error("`{}` does not exist", .0.display())]
    Missing(PathBuf),
    /// The host's own error.
    #[error("read `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the host said.
        source: io::Error,
    },
    /// A file of a kind that no image may hold.
    #[error("`{}` is {kind}: only files, directories and symlinks go into an image", path.display())]
    Special {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// A name or a link's target that is not UTF-8.
    #[error("{what} of `{name}` is not UTF-8: rename it, or leave it out with `--exclude`")]
    NotUtf8 {
        /// The name or the target.
        what: &'static str,
        /// The path, with the bytes that are no ASCII escaped.
        name: String,
    },
    /// A name that no image may hold.
    #[error("the name of `{}` cannot go into an image", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: InvalidPath,
    },
    /// There is no file to put into an image, or all are left out.
    #[error("`{}` holds no file to put into an image", .0.display())]
    Empty(PathBuf),
    /// The ignore file cannot be read as one.
    #[error("the ignore file `{origin}` {reason}")]
    IgnoreFile {
        /// The file.
        origin: String,
        /// Why not.
        reason: &'static str,
    },
    /// A pattern that is none.
    #[error(transparent)]
    Ignore(#[from] IgnoreError),
    /// A link that no image can hold.
    #[error(transparent)]
    Symlink(#[from] SymlinkError),
    /// A zip that cannot be used.
    #[error("the zip `{}` cannot be used", archive.display())]
    Zip {
        /// The zip.
        archive: PathBuf,
        /// What is wrong with it.
        source: ZipFault,
    },
    /// Two entries for one path.
    #[error(transparent)]
    Clash(#[from] Clash),
}

impl Exclusions {
    /// The rules of an ignore file (text and origin), if there is one, and of `--exclude`.
    fn rules(&self, ignore_file: Option<(String, String)>) -> Result<IgnoreRules, IgnoreError> {
        let mut rules = match ignore_file {
            Some((text, origin)) => IgnoreRules::parse(&text, &origin)?,
            None => IgnoreRules::default(),
        };
        rules.extend(&self.globs)?;
        Ok(rules)
    }
}

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

/// Collects what is at `path`, a zip as the one file that it is, and leaves nothing out but `.git` and what builds work in.
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
        let executable = metadata.mode() & 0o111 != 0;
        tree.insert(name, Node::File { content: Content::host(own, &metadata), executable })?;
    }
    Ok(Collected { tree, warnings: Vec::new(), left_out: Vec::new(), kind: Kind::File })
}

fn image_path(text: &str, path: &Path) -> Result<ImagePath, InputError> {
    ImagePath::new(text).map_err(|source| InputError::Name { path: path.to_owned(), source })
}

fn not_utf8(what: &'static str, path: &Path) -> InputError {
    InputError::NotUtf8 { what, name: path.as_os_str().as_encoded_bytes().escape_ascii().to_string() }
}

/// What a file is that is neither regular, nor a directory, nor a symlink.
fn special(file_type: fs::FileType) -> Option<&'static str> {
    match file_type {
        kind if kind.is_fifo() => Some("a fifo"),
        kind if kind.is_socket() => Some("a socket"),
        kind if kind.is_block_device() => Some("a block device"),
        kind if kind.is_char_device() => Some("a character device"),
        _ => None,
    }
}

/// Whether a path is never taken: a `.git` at any depth, and the ignore files at the top.
fn is_hidden(path: &ImagePath) -> bool {
    path.components().any(|name| name == ".git") || ignore_file::NAMES.contains(&path.as_str())
}

#[cfg(test)]
mod tests;
