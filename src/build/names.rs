//! Names that a layer must not have.

use super::error::LimitError;
use crate::tree::{FileTree, Node};

/// Directories of every base: a layer can add to them, not take their place.
const DIRECTORIES: [&str; 11] =
    ["dev", "etc", "opt", "proc", "sys", "tmp", "usr", "var", "var/lang", "var/runtime", "var/task"];

/// Links of Amazon Linux to directories below `/usr` and `/run`. Extractors put a layer's directory in the
/// place of a link, and the base would lose its shell and its libraries.
const LINKS: [&str; 6] = ["bin", "lib", "lib64", "sbin", "var/lock", "var/run"];

/// Refuses names that would harm the layers below: whiteouts, which no function needs (OCI image
/// specification, "whiteouts"), and the base's own directories and links.
///
/// # Errors
/// [`LimitError`].
pub fn check(tree: &FileTree) -> Result<(), LimitError> {
    for (path, node) in tree.iter() {
        let origin = || match node {
            Node::Dir { .. } => "an input".to_owned(),
            Node::File { content, .. } => content.origin(),
            Node::Symlink { origin, .. } => origin.clone(),
        };
        if path.name().starts_with(".wh.") {
            return Err(LimitError::Whiteout { path: path.clone(), origin: origin() });
        }
        if LINKS.contains(&path.as_str()) {
            return Err(LimitError::SystemLink { path: path.clone() });
        }
        if !matches!(node, Node::Dir { .. }) && DIRECTORIES.contains(&path.as_str()) {
            return Err(LimitError::SystemDirectory { path: path.clone(), origin: origin() });
        }
    }
    Ok(())
}
