//! Resolves links and `..` of a path, which need not exist yet, so that two names of one place become equal.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// How many links a path may lead through, as the kernel has it.
const LINKS: usize = 40;

/// `path` without links and `..`, as far as it exists: two names of one place become one. Links to missing files
/// yet are followed, too.
pub fn resolve_path(path: &Path) -> PathBuf {
    follow(path, &mut { LINKS })
}

fn follow(path: &Path, links: &mut usize) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = absolute.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    let Some((above, mut place)) = real else { return absolute };
    for component in absolute.strip_prefix(above).into_iter().flat_map(Path::components) {
        match component {
            Component::ParentDir => drop(place.pop()),
            component => place.push(component),
        }
        if let (Ok(target), Some(left)) = (fs::read_link(&place), links.checked_sub(1)) {
            *links = left;
            place.pop();
            place = follow(&place.join(target), links);
        }
    }
    place
}
