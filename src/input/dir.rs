//! A directory as input.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, FileType, Metadata};
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

use super::collected::{Collected, InputKind};
use super::error::{InputError, not_utf8};
use super::exclusions::{Exclusions, is_hidden_in};
use super::ignore::{IgnoreRules, Verdict};
use super::listings::{Listing, in_order};
use super::{default_excludes, ignore_file, parallel_walk, symlink};
use crate::store::regular_file;
use crate::tree::{Content, FileTree, ImagePath, InvalidPath, Node};

/// What decides over every entry.
struct Walk {
    rules: IgnoreRules,
    /// Outputs of the build below the root, relative to it.
    outputs: HashSet<PathBuf>,
    /// Whether what tools keep stays out.
    tools: bool,
}

/// A directory to enter.
struct Directory {
    host: PathBuf,
    /// Where it is in the tree; `None` for the root.
    at: Option<ImagePath>,
    verdict: Option<Verdict>,
    /// Whether it is in the tree itself.
    taken: bool,
}

/// What one thread found.
#[derive(Default)]
struct Walked {
    listings: Vec<Listing>,
    /// Entries of the directory that is looked at.
    entries: Vec<(ImagePath, Node)>,
    /// Directories that are left out, and hold something that is not; and those above them.
    above: Vec<ImagePath>,
    /// What tools keep.
    left_out: Vec<String>,
    /// What other builds wrote and stays out.
    built: Vec<ImagePath>,
    /// Of each directory that has one, the first.
    errors: Vec<(Option<ImagePath>, InputError)>,
}

/// Collects the directory at `root` with `jobs` threads.
///
/// # Errors
/// [`InputError`], for the first directory in the order of paths that holds something that cannot go
/// into an image, and the first such entry in it.
pub(super) fn collect(
    root: &Path,
    exclusions: &Exclusions,
    jobs: NonZeroUsize,
) -> Result<Collected, InputError> {
    let canonical = fs::canonicalize(root).map_err(read_error(root))?;
    let rules = exclusions.rules(if exclusions.ignore_file { ignore_text(root)? } else { None })?;
    let outputs = exclusions.outputs.iter().flat_map(|path| final_names(path));
    let outputs = outputs.filter_map(|path| Some(path.strip_prefix(&canonical).ok()?.to_owned())).collect();
    let walk = Walk { rules, outputs, tools: exclusions.tools };
    let first = Directory { host: root.to_owned(), at: None, verdict: None, taken: true };
    let Walked { listings, above, mut left_out, built, mut errors, .. } =
        parallel_walk::run(first, jobs, |directory, found: &mut Walked| {
            walk.directory(&directory, found).unwrap_or_else(|error| {
                found.errors.push((directory.at, error));
                Vec::new()
            })
        });
    errors.sort_by(|(a, _), (b, _)| a.cmp(b));
    if let Some((_, error)) = errors.into_iter().next() {
        return Err(error);
    }
    let mut entries = in_order(listings);
    entries.extend(above.into_iter().map(|path| (path, Node::DIR)));
    let mut tree = FileTree::of(entries);
    let outputs = walk.outputs.iter().filter_map(|output| ImagePath::new(output.to_str()?).ok());
    outputs.chain(built).for_each(|output| forget_made(&mut tree, &output));
    let roots = [std::path::absolute(root).map_err(read_error(root))?, canonical];
    let warnings = symlink::check(&tree, &roots)?;
    left_out.sort();
    Ok(Collected { tree, warnings, left_out, kind: InputKind::Dir })
}

impl parallel_walk::Merge for Walked {
    fn merge(&mut self, other: Self) {
        self.listings.extend(other.listings);
        self.above.extend(other.above);
        self.left_out.extend(other.left_out);
        self.built.extend(other.built);
        self.errors.extend(other.errors);
    }
}

impl Walk {
    /// Takes the entries of a directory, and returns the directories in it that must be entered.
    fn directory(&self, directory: &Directory, found: &mut Walked) -> Result<Vec<Directory>, InputError> {
        let host = &directory.host;
        let entries: io::Result<Vec<DirEntry>> = fs::read_dir(host).and_then(Iterator::collect);
        let mut entries: Vec<_> =
            entries.map_err(read_error(host))?.into_iter().map(|entry| (entry.file_name(), entry)).collect();
        entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        let at = directory.at.as_ref();
        let (mut path_of, mut directories) = (ImagePath::children(at), Vec::new());
        found.entries = Vec::with_capacity(entries.len());
        for (name, entry) in entries {
            directories.extend(self.entry(directory, (&name, &entry), &mut path_of, found)?);
        }
        let entries = std::mem::take(&mut found.entries);
        if let Some(at) = at.filter(|_| !directory.taken && !entries.is_empty()) {
            found.above.extend(at.ancestors().chain([at.clone()]));
        }
        found.listings.push(Listing { at: at.cloned(), entries });
        Ok(directories)
    }

    /// Takes one entry; a directory to enter is returned.
    fn entry(
        &self,
        above: &Directory,
        (name, entry): (&OsStr, &DirEntry),
        path_of: &mut impl FnMut(&str) -> Result<ImagePath, InvalidPath>,
        found: &mut Walked,
    ) -> Result<Option<Directory>, InputError> {
        let (host, at) = (inside(&above.host, name), above.at.as_ref());
        let Some(name) = name.to_str() else {
            // Go, and so Docker, reads what is not UTF-8 as replacement characters too.
            let lossy = name.to_string_lossy();
            let lossy = at.map_or_else(|| lossy.to_string(), |at| format!("{at}/{lossy}"));
            let verdict = self.rules.verdict(above.verdict.as_ref(), &lossy);
            let gone = verdict.excluded() && !self.rules.may_return_below(&lossy);
            return if gone { Ok(None) } else { Err(not_utf8("the name", &host)) };
        };
        let path = path_of(name).map_err(|source| InputError::Name { path: host.clone(), source })?;
        if is_hidden_in(at, name)
            || !self.outputs.is_empty() && self.outputs.contains(Path::new(path.as_str()))
        {
            return Ok(None);
        }
        let file_type = entry.file_type().map_err(read_error(&host))?;
        if default_excludes::works_in(&path, file_type) {
            found.built.push(path);
            return Ok(None);
        }
        let metadata = file_type.is_file().then(|| entry.metadata().map_err(read_error(&host)));
        let size = metadata.as_ref().and_then(|metadata| Some(metadata.as_ref().ok()?.len()));
        let built = self.tools && default_excludes::built(file_type, size, &host);
        let of_tool = built || self.tools && default_excludes::kept(&path, file_type, &host);
        let verdict = self.rules.verdict_on(above.verdict.as_ref(), path.as_str(), of_tool);
        if of_tool && above.taken && verdict.excluded() && !self.rules.names(path.as_str()) {
            found.left_out.push(path.to_string());
        }
        if built && verdict.excluded() {
            found.built.push(path.clone());
        }
        if file_type.is_dir() {
            let taken = !verdict.excluded();
            if taken {
                found.entries.push((path.clone(), Node::DIR));
            } else if !self.rules.may_return_below(path.as_str()) {
                return Ok(None);
            }
            return Ok(Some(Directory { host, at: Some(path), verdict: Some(verdict), taken }));
        }
        if verdict.excluded() {
            return Ok(None);
        }
        found.entries.push((path, node(host, file_type, metadata)?));
        Ok(None)
    }
}

/// The path of `name` in a directory: of the size that it needs, for there are many and all are kept.
fn inside(directory: &Path, name: &OsStr) -> PathBuf {
    let mut path = PathBuf::with_capacity(directory.as_os_str().len() + 1 + name.len());
    path.push(directory);
    path.push(name);
    path
}

/// Whether a file has a permission to execute it.
pub(super) fn is_executable(metadata: &Metadata) -> bool {
    metadata.mode() & 0o111 != 0
}

/// What is at `host`, which is not a directory; `metadata` is that of a regular file.
fn node(
    host: PathBuf,
    file_type: FileType,
    metadata: Option<Result<Metadata, InputError>>,
) -> Result<Node, InputError> {
    if let Some(metadata) = metadata {
        let metadata = metadata?;
        readable(&host, &metadata)?;
        let executable = is_executable(&metadata);
        return Ok(Node::File { content: Content::host(host, &metadata), executable });
    }
    if let Some(kind) = special(file_type) {
        return Err(InputError::Special { path: host, kind });
    }
    let target = fs::read_link(&host).map_err(read_error(&host))?;
    let target = target.into_os_string().into_string().map_err(|_| not_utf8("the target", &host))?;
    Ok(Node::Symlink { target, origin: host.display().to_string() })
}

/// Takes out the directories above an output that hold nothing else: the build made them, and the next one must
/// not find more than this one did.
fn forget_made(tree: &mut FileTree, output: &ImagePath) {
    let mut above: Vec<_> = output.ancestors().collect();
    while let Some(directory) = above.pop() {
        if !tree.holds_something(&directory) {
            tree.remove(&directory);
        }
    }
}

fn read_error(path: &Path) -> impl FnOnce(io::Error) -> InputError + '_ {
    move |source| InputError::Read { path: path.to_owned(), source }
}

/// Refuses a file now that could not be read later. The host is asked only where the mode leaves any
/// doubt.
fn readable(path: &Path, metadata: &Metadata) -> Result<(), InputError> {
    if metadata.mode() & 0o444 == 0o444 {
        return Ok(());
    }
    let access = rustix::fs::access(path, rustix::fs::Access::READ_OK);
    access.map_err(|errno| read_error(path)(errno.into()))
}

/// The text and name of the ignore file in force.
fn ignore_text(root: &Path) -> Result<Option<(String, String)>, InputError> {
    for name in ignore_file::NAMES {
        let path = root.join(name);
        let is_file = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other.map_err(read_error(&path))?.is_file(),
        };
        let origin = path.display().to_string();
        return Ok(Some((ignore_file::read(is_file, &origin, || regular_file::open(&path))?, origin)));
    }
    Ok(None)
}

/// The absolute paths, free of links, that an output has or will have: its own name, and where that
/// is a link, the file that it leads to.
fn final_names(output: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = fs::canonicalize(output).into_iter().collect();
    let Ok(absolute) = std::path::absolute(output) else { return names };
    // The nearest directory that exists, resolved, and the names that are still to be made in it.
    for directory in absolute.ancestors().skip(1) {
        if let Ok(mut path) = fs::canonicalize(directory) {
            for component in absolute.strip_prefix(directory).into_iter().flat_map(Path::components) {
                match component {
                    Component::ParentDir => drop(path.pop()),
                    component => path.push(component),
                }
            }
            names.push(path);
            break;
        }
    }
    names
}

/// What a file is that is neither regular, nor a directory, nor a symlink.
pub(super) fn special(file_type: FileType) -> Option<&'static str> {
    match file_type {
        kind if kind.is_fifo() => Some("a fifo"),
        kind if kind.is_socket() => Some("a socket"),
        kind if kind.is_block_device() => Some("a block device"),
        kind if kind.is_char_device() => Some("a character device"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
