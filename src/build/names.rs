//! Names that a layer must not have.

use super::error::LimitError;
use crate::runtime::base_paths::{DIRECTORIES, LINKS};
use crate::tree::{FileTree, Node};

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
