//! An exact, ordered description of the files of a layer. It is decided first; the files are read and packed later.

mod content;
mod content_error;
mod error;
pub mod file_facts;
mod path;
mod path_error;
mod resolve;
mod split;
mod stamp;
mod union;

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::sync::Arc;

pub use content::{Content, Member};
pub use content_error::Changed;
pub use error::Clash;
pub use path::{DEPTH_MAX, ImagePath, PATH_MAX};
pub use path_error::{InvalidPath, shortened};
pub use resolve::Resolved;
pub use stamp::FileStamp;
pub use union::Union;

/// One entry of a tree.
#[derive(Clone, Debug)]
pub enum Node {
    /// A directory; `sticky` gives mode 1777 instead of 0755.
    Dir {
        /// Writable by all, deletable by owners only: `/tmp`.
        sticky: bool,
    },
    /// A regular file, mode 0755 where `executable`, else 0644.
    File {
        /// Its bytes.
        content: Content,
        /// Whether a user may execute it.
        executable: bool,
    },
    /// A symbolic link, stored as it is.
    Symlink {
        /// What it points to.
        target: String,
        /// Where it was found, for messages.
        origin: String,
    },
}

impl Node {
    /// A plain directory.
    pub const DIR: Node = Node::Dir { sticky: false };

    /// The bytes of its content; 0 of what is not a file.
    pub fn content_size(&self) -> u64 {
        match self {
            Node::File { content, .. } => content.size(),
            Node::Dir { .. } | Node::Symlink { .. } => 0,
        }
    }

    fn origin(&self) -> String {
        match self {
            Node::Dir { .. } => "a directory".to_owned(),
            Node::File { content, .. } => format!("`{}`", content.origin()),
            Node::Symlink { origin, .. } => format!("`{origin}`"),
        }
    }

    /// Refuses `other` at the same `path`, unless it is the same entry.
    fn agrees(&self, other: &Node, path: &ImagePath) -> Result<(), Clash> {
        let path = || path.clone();
        match self.same(other) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Clash::Claimed { path: path(), first: self.origin(), second: other.origin() }),
            Err(source) => Err(Clash::Compare { path: path(), source }),
        }
    }

    /// Whether both would be the same entry, with the same bytes.
    fn same(&self, other: &Node) -> io::Result<bool> {
        Ok(match (self, other) {
            (Node::Dir { sticky: a }, Node::Dir { sticky: b }) => a == b,
            (Node::Symlink { target: a, .. }, Node::Symlink { target: b, .. }) => a == b,
            (Node::File { content: a, executable: x }, Node::File { content: b, executable: y }) => {
                x == y && a.size() == b.size() && a.digest()? == b.digest()?
            }
            _ => false,
        })
    }
}

impl Clash {
    /// The same clash of trees that are to stand below `directory`.
    pub fn below(mut self, directory: &ImagePath) -> Self {
        let (Clash::Claimed { path, .. } | Clash::Compare { path, .. }) = &mut self;
        *path = directory.join(path);
        self
    }

    /// The same clash, told from the other side.
    fn swapped(self) -> Self {
        match self {
            Clash::Claimed { path, first, second } => Clash::Claimed { path, first: second, second: first },
            compare @ Clash::Compare { .. } => compare,
        }
    }
}

/// Entries by path, in byte order, with every ancestor of every entry present. Clones share the entries
/// until one of them changes.
#[derive(Clone, Debug, Default)]
pub struct FileTree(Arc<BTreeMap<ImagePath, Node>>);

impl FileTree {
    /// A tree of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree of these entries, in any order: faster than one by one. Every directory above an entry
    /// must be among them; of entries for one path the last counts.
    pub fn of(entries: Vec<(ImagePath, Node)>) -> Self {
        Self(Arc::new(BTreeMap::from_iter(entries)))
    }

    /// This tree below `directory`.
    ///
    /// # Errors
    /// [`InvalidPath`] for the first path that is too long or too deep there.
    pub fn below(self, directory: &ImagePath) -> Result<Self, InvalidPath> {
        if self.is_empty() {
            return Ok(self);
        }
        let above = directory.ancestors().chain([directory.clone()]).map(|path| Ok((path, Node::DIR)));
        let mut join = directory.joiner();
        let inside = self.into_entries().map(|(path, node)| Ok((join(&path)?, node)));
        Ok(Self(Arc::new(above.chain(inside).collect::<Result<_, _>>()?)))
    }

    fn into_entries(self) -> impl Iterator<Item = (ImagePath, Node)> {
        Arc::unwrap_or_clone(self.0).into_iter()
    }

    fn entries(&mut self) -> &mut BTreeMap<ImagePath, Node> {
        Arc::make_mut(&mut self.0)
    }

    /// What two trees have in common only where one is an unchanged clone of the other, as long as either
    /// of them lives.
    pub fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of entries, directories included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The entry at `path`.
    pub fn get(&self, path: &ImagePath) -> Option<&Node> {
        self.0.get(path)
    }

    /// All entries in byte order of their paths: every directory before what it holds.
    pub fn iter(&self) -> impl Iterator<Item = (&ImagePath, &Node)> {
        self.0.iter()
    }

    /// All regular files in order, with their contents.
    pub fn files(&self) -> impl Iterator<Item = (&ImagePath, &Content)> {
        self.0.iter().filter_map(|(path, node)| match node {
            Node::File { content, .. } => Some((path, content)),
            _ => None,
        })
    }

    /// The paths of all files and links, in order.
    pub fn names(&self) -> Arc<[ImagePath]> {
        let entries = self.0.iter().filter(|(_, node)| !matches!(node, Node::Dir { .. }));
        entries.map(|(path, _)| path.clone()).collect()
    }

    /// Adds an entry and its missing ancestors.
    ///
    /// # Errors
    /// [`Clash`] where something else is at `path`, or a file or link where a directory must be. The
    /// same entry again, with the same bytes, is not a clash.
    pub fn insert(&mut self, path: ImagePath, node: Node) -> Result<(), Clash> {
        if !self.has_parent(&path) {
            for ancestor in path.ancestors() {
                match self.0.get(&ancestor) {
                    Some(Node::Dir { .. }) => {}
                    Some(other) => {
                        let (first, second) = (other.origin(), node.origin());
                        return Err(Clash::Claimed { path: ancestor, first, second });
                    }
                    None => {
                        self.entries().insert(ancestor, Node::DIR);
                    }
                }
            }
        }
        if let Some(there) = self.0.get(&path) {
            return there.agrees(&node, &path);
        }
        self.entries().insert(path, node);
        Ok(())
    }

    /// Adds all of `other`.
    ///
    /// # Errors
    /// As [`FileTree::insert`].
    pub fn graft(&mut self, mut other: FileTree) -> Result<(), Clash> {
        // The fewer into the more; a clash names its two sides in the order of the trees.
        let swapped = other.len() > self.len();
        if swapped {
            std::mem::swap(self, &mut other);
        }
        for (path, node) in other.into_entries() {
            self.insert(path, node).map_err(|clash| if swapped { clash.swapped() } else { clash })?;
        }
        Ok(())
    }

    /// Lays `other` over this tree: its entries win, a directory merges with a directory, and what
    /// was below a path that is not a directory any more is gone (as an unzip over it would leave it).
    pub fn overlay(&mut self, other: FileTree) {
        for (path, node) in other.into_entries() {
            // Its directories came before it.
            if !matches!(node, Node::Dir { .. }) {
                self.remove(&path);
            }
            self.entries().insert(path, node);
        }
    }

    /// Takes an entry, with all below it, out of the tree.
    pub fn remove(&mut self, path: &ImagePath) -> Option<Node> {
        let node = self.entries().remove(path)?;
        if matches!(node, Node::Dir { .. }) {
            let inside: Vec<_> = self.inside(path).cloned().collect();
            inside.iter().for_each(|path| drop(self.entries().remove(path)));
        }
        Some(node)
    }

    /// The paths of everything below a directory.
    fn inside(&self, directory: &ImagePath) -> impl Iterator<Item = &ImagePath> {
        // Between `dir` and `dir/x` in byte order stand names such as `dir-x`.
        let start = format!("{directory}/");
        let behind = self.0.range::<str, _>((Bound::Excluded(start.as_str()), Bound::Unbounded));
        behind.map(|(path, _)| path).take_while(move |path| path.as_str().starts_with(&start))
    }

    /// Puts another node in the place of an entry of the same kind; nothing where there is none.
    pub fn replace(&mut self, path: &ImagePath, node: Node) {
        if let Some(there) = self.entries().get_mut(path) {
            *there = node;
        }
    }

    /// Whether the directory of `path` is there, and with it all above.
    fn has_parent(&self, path: &ImagePath) -> bool {
        match path.as_str().rsplit_once('/') {
            Some((parent, _)) => matches!(self.0.get(parent), Some(Node::Dir { .. })),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> ImagePath {
        ImagePath::new(text).unwrap()
    }

    fn file(bytes: &'static str) -> Node {
        Node::File { content: Content::bytes(bytes, bytes.as_bytes()), executable: false }
    }

    fn paths(tree: &FileTree) -> Vec<&str> {
        tree.iter().map(|(path, _)| path.as_str()).collect()
    }

    #[test]
    fn one_path_has_one_entry() {
        let mut tree = FileTree::new();
        tree.insert(path("a/b"), file("x")).unwrap();
        tree.insert(path("a/b"), file("x")).unwrap();
        tree.insert(path("a"), Node::DIR).unwrap();
        let error = tree.insert(path("a/b"), file("y")).unwrap_err().to_string();
        assert_eq!(error, "`x` and `y` both contain `/a/b`, with different content");
        assert!(tree.insert(path("a/b/c"), file("y")).is_err());
        assert_eq!(paths(&tree), ["a", "a/b"]);
    }

    #[test]
    fn overlay_replaces_and_merges() {
        let mut below = FileTree::new();
        below.insert(path("d/x"), file("1")).unwrap();
        below.insert(path("d/y/z"), file("2")).unwrap();
        below.insert(path("f"), file("3")).unwrap();
        let mut above = FileTree::new();
        above.insert(path("d/y"), file("4")).unwrap();
        above.insert(path("f/g"), file("5")).unwrap();
        below.overlay(above);
        assert_eq!(paths(&below), ["d", "d/x", "d/y", "f", "f/g"]);
    }

    #[test]
    fn splitting_keeps_parents_and_leaves_no_hollow_directory() {
        let mut tree = FileTree::new();
        for name in ["a/dep/x", "a/dep-y", "a/code", "dep/only"] {
            tree.insert(path(name), file("1")).unwrap();
        }
        tree.insert(path("empty"), Node::DIR).unwrap();
        let picked = tree.split_off(|path| path.components().any(|name| name == "dep"));
        assert_eq!(paths(&picked), ["a", "a/dep", "a/dep/x", "dep", "dep/only"]);
        assert_eq!(paths(&tree), ["a", "a/code", "a/dep-y", "empty"]);
    }
}
