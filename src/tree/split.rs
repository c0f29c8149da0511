//! Splits a tree into two, by a rule for paths.

use super::{FileTree, ImagePath, Node};

impl FileTree {
    /// Splits off the entries that `belongs` picks; the rest stays. Directories go where their entries
    /// go, on both sides if need be; an empty one goes where `belongs` says.
    pub fn split_off(&mut self, belongs: impl Fn(&ImagePath) -> bool) -> FileTree {
        let hollow =
            |path: &ImagePath, node: &Node| matches!(node, Node::Dir { .. }) && self.holds_something(path);
        let hollow: Vec<_> = self.0.iter().map(|(path, node)| hollow(path, node)).collect();
        let (mut picked, mut kept) = (Vec::new(), Vec::new());
        for ((path, node), hollow) in std::mem::take(self).into_entries().zip(hollow) {
            if !hollow {
                let side = if belongs(&path) { &mut picked } else { &mut kept };
                place(side, path, node);
            }
        }
        *self = Self::of(kept);
        Self::of(picked)
    }

    /// Whether there is something below a directory.
    pub fn holds_something(&self, directory: &ImagePath) -> bool {
        self.inside(directory).next().is_some()
    }
}

/// Adds an entry behind those of smaller paths, and the directories above it that are not above the entry
/// before it.
fn place(entries: &mut Vec<(ImagePath, Node)>, path: ImagePath, node: Node) {
    let last = entries.last().map(|(last, _)| last.clone());
    entries.extend(path.ancestors_beyond(last.as_ref()).map(|directory| (directory, Node::DIR)));
    entries.push((path, node));
}
