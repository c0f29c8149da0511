//! What takes the space of an image: its directories, its packages, and what it holds without need.

mod directory;
mod files;
mod packages;
mod waste;

pub use directory::Directory;
pub use packages::Package;
pub use waste::{Copies, Hidden};

use crate::check::ImageView;
use crate::survey::Tree;
use files::files;

/// What takes the space of an image, as far as its layers were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// The files that a container sees, by directory.
    pub root: Directory,
    /// Installed packages, largest first.
    pub packages: Vec<Package>,
    /// Files of equal content that a container sees at several paths, those that waste most first. Empty where
    /// contents were not hashed.
    pub copies: Vec<Copies>,
    /// Files of a layer that a layer above it replaces or removes, largest first.
    pub hidden: Vec<Hidden>,
}

impl Space {
    /// What takes the space of the layers of `view` that were read.
    pub fn of(view: &ImageView) -> Self {
        // What a whiteout removes is gone, whether all layers are known or not.
        let tree = Tree::new(view.surveys(), false);
        let mut root = Directory::default();
        for (name, found) in files(&tree) {
            root.add(name, found.layer, found.entry.size);
        }
        root.sort();
        Self {
            root,
            packages: packages::packages(&tree),
            copies: waste::copies(&tree),
            hidden: waste::hidden(view, &tree),
        }
    }
}
