//! `Collected`: the files of an input, and which kind of input it is.

use crate::tree::FileTree;

/// What a path turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
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
    pub kind: InputKind,
}

impl Collected {
    /// No file at all.
    pub fn nothing() -> Self {
        Self { tree: FileTree::new(), warnings: Vec::new(), left_out: Vec::new(), kind: InputKind::Dir }
    }
}
