//! A directory as input.

use std::collections::HashSet;
use std::fs::{self, DirEntry, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use super::{
    Collected, Exclusions, IgnoreRules, InputError, Kind, Verdict, ignore_file, image_path, is_hidden,
    not_utf8, special, symlink,
};
use crate::tree::{Content, FileTree, ImagePath, Node};

struct Walk {
    rules: IgnoreRules,
    /// Outputs of the build below the root, relative to it.
    outputs: HashSet<PathBuf>,
    tree: FileTree,
}

/// Collects the directory at `root`.
///
/// # Errors
/// [`InputError`], for the first entry in the order of paths that cannot go into an image.
pub(super) fn collect(root: &Path, exclusions: &Exclusions) -> Result<Collected, InputError> {
    let canonical = fs::canonicalize(root).map_err(read_error(root))?;
    let rules = exclusions.rules(if exclusions.ignore_file { ignore_text(root)? } else { None })?;
    let outputs = exclusions.outputs.iter().flat_map(|path| final_names(path));
    let outputs = outputs.filter_map(|path| Some(path.strip_prefix(&canonical).ok()?.to_owned())).collect();
    let mut walk = Walk { rules, outputs, tree: FileTree::new() };
    walk.directory(root, None, None)?;
    let roots = [std::path::absolute(root).map_err(read_error(root))?, canonical];
    let warnings = symlink::check(&walk.tree, &roots)?;
    Ok(Collected { tree: walk.tree, warnings, kind: Kind::Dir })
}

impl Walk {
    /// Takes the entries of the directory `host`, which is at `at` in the tree.
    fn directory(
        &mut self,
        host: &Path,
        at: Option<&ImagePath>,
        above: Option<&Verdict>,
    ) -> Result<(), InputError> {
        let entries: io::Result<Vec<DirEntry>> = fs::read_dir(host).and_then(Iterator::collect);
        let mut entries = entries.map_err(read_error(host))?;
        entries.sort_by_key(DirEntry::file_name);
        let mut directories = Vec::new();
        for entry in entries {
            if let Some(directory) = self.entry(host, &entry, at, above)? {
                directories.push(directory);
            }
        }
        // Only now, with this directory closed: a deep tree does not run out of descriptors.
        for (path, verdict) in directories {
            self.directory(&host.join(path.name()), Some(&path), Some(&verdict))?;
        }
        Ok(())
    }

    /// Takes one entry; a directory to enter is returned.
    fn entry(
        &mut self,
        host: &Path,
        entry: &DirEntry,
        at: Option<&ImagePath>,
        above: Option<&Verdict>,
    ) -> Result<Option<(ImagePath, Verdict)>, InputError> {
        let (name, host) = (entry.file_name(), host.join(entry.file_name()));
        let relative = |name: &str| at.map_or_else(|| name.to_owned(), |at| format!("{at}/{name}"));
        let Some(name) = name.to_str() else {
            // Go, and so Docker, reads what is not UTF-8 as replacement characters too.
            let lossy = relative(&name.to_string_lossy());
            let gone = self.rules.verdict(above, &lossy).excluded() && !self.rules.may_return_below(&lossy);
            return if gone { Ok(None) } else { Err(not_utf8("the name", &host)) };
        };
        let path = image_path(&relative(name), &host)?;
        if is_hidden(&path) || self.outputs.contains(Path::new(path.as_str())) {
            return Ok(None);
        }
        let verdict = self.rules.verdict(above, path.as_str());
        let file_type = entry.file_type().map_err(read_error(&host))?;
        if file_type.is_dir() {
            if !verdict.excluded() {
                self.tree.insert(path.clone(), Node::DIR)?;
            } else if !self.rules.may_return_below(path.as_str()) {
                return Ok(None);
            }
            return Ok(Some((path, verdict)));
        }
        if verdict.excluded() {
            return Ok(None);
        }
        let node = if file_type.is_symlink() {
            let target = fs::read_link(&host).map_err(read_error(&host))?;
            let target = target.into_os_string().into_string();
            let target = target.map_err(|_| not_utf8("the target", &host))?;
            Node::Symlink { target, origin: host.display().to_string() }
        } else if let Some(kind) = special(file_type) {
            return Err(InputError::Special { path: host, kind });
        } else {
            let metadata = entry.metadata().map_err(read_error(&host))?;
            readable(&host, &metadata)?;
            let executable = metadata.mode() & 0o111 != 0;
            Node::File { content: Content::host(host, &metadata), executable }
        };
        self.tree.insert(path, node)?;
        Ok(None)
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
        return Ok(Some((ignore_file::read(is_file, &origin, || File::open(&path))?, origin)));
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

#[cfg(test)]
mod tests;
