//! Trees that become two.

use std::ops::Bound;

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
        // Between `dir` and `dir/x` in byte order stand names such as `dir-x`: stop behind `dir/`.
        let mut later = self.0.range((Bound::Excluded(directory.clone()), Bound::Unbounded));
        let mut near = later.by_ref().skip_while(|(path, _)| {
            path.as_str().starts_with(directory.as_str()) && path.below(directory).is_none()
        });
        near.next().is_some_and(|(path, _)| path.below(directory).is_some())
    }
}

/// Adds an entry behind those of smaller paths, and the directories above it that are not above the entry
/// before it.
fn place(entries: &mut Vec<(ImagePath, Node)>, path: ImagePath, node: Node) {
    let last = entries.last().map(|(last, _)| last.clone());
    let is_above = |directory: &ImagePath| {
        last.as_ref().is_some_and(|last| {
            let rest = last.as_str().strip_prefix(directory.as_str());
            rest.is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let beside = last.as_ref().is_some_and(|last| directory(last) == directory(&path));
    if !beside {
        let missing = path.ancestors().filter(|directory| !is_above(directory));
        entries.extend(missing.map(|directory| (directory, Node::DIR)));
    }
    entries.push((path, node));
}

fn directory(path: &ImagePath) -> &str {
    path.as_str().rsplit_once('/').map_or("", |(directory, _)| directory)
}
