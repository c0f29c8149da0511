//! Directories and the bytes in them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How deep directories are told apart: what lies deeper counts for the directory at this depth. It bounds every walk
/// over directories of hostile images.
const DEPTH_MAX: usize = 16;

/// A directory, or a file, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// The last part of its path; empty for the root of the image.
    pub name: String,
    /// Bytes of all files in it.
    pub bytes: u64,
    /// Number of all files in it; 1 for a file.
    pub files: u64,
    /// Bytes by layer, counted from 0, the lowest.
    pub layers: BTreeMap<usize, u64>,
    /// What is directly in it, largest first. Empty for a file, and at the depth where directories are no longer told
    /// apart.
    pub children: Vec<Directory>,
    by_name: BTreeMap<String, usize>,
}

impl Directory {
    /// Counts the file at `path`, relative to this directory.
    pub(super) fn add(&mut self, path: &str, layer: usize, bytes: u64) {
        let mut at = self;
        at.count(layer, bytes);
        for part in path.split('/').take(DEPTH_MAX) {
            at = at.child(part);
            at.count(layer, bytes);
        }
    }

    /// The layer that most of its bytes are from.
    pub fn main_layer(&self) -> Option<usize> {
        self.layers.iter().max_by_key(|(layer, bytes)| (**bytes, Reverse(**layer))).map(|(layer, _)| *layer)
    }

    fn count(&mut self, layer: usize, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.files += 1;
        let sum = self.layers.entry(layer).or_default();
        *sum = sum.saturating_add(bytes);
    }

    fn child(&mut self, name: &str) -> &mut Directory {
        let at = match self.by_name.get(name) {
            Some(at) => *at,
            None => {
                self.by_name.insert(name.to_owned(), self.children.len());
                self.children.push(Self { name: name.to_owned(), ..Self::default() });
                self.children.len() - 1
            }
        };
        &mut self.children[at]
    }

    /// Largest first, and by name where they are equal.
    pub(super) fn sort(&mut self) {
        self.by_name = BTreeMap::new();
        self.children.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
        self.children.iter_mut().for_each(Self::sort);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_counts_what_is_in_it_and_knows_where_it_is_from() {
        let mut root = Directory::default();
        root.add("var/task/app.py", 2, 10);
        root.add("var/task/numpy/core.so", 1, 500);
        root.add("var/runtime/boot", 0, 60);
        root.sort();
        assert_eq!((root.bytes, root.files, root.main_layer()), (570, 3, Some(1)));
        let var = &root.children[0];
        assert_eq!(
            var.children.iter().map(|one| (&*one.name, one.bytes)).collect::<Vec<_>>(),
            [("task", 510), ("runtime", 60)]
        );
        assert_eq!(var.children[0].layers, BTreeMap::from([(1, 500), (2, 10)]));
    }

    #[test]
    fn what_lies_deep_counts_for_a_directory_above_it() {
        let mut root = Directory::default();
        root.add(&"d/".repeat(4000), 0, 7);
        let (mut depth, mut at) = (0, &root);
        while let Some(child) = at.children.first() {
            (depth, at) = (depth + 1, child);
        }
        assert_eq!((depth, at.bytes), (DEPTH_MAX, 7));
    }
}
