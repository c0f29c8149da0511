//! Splits a tree into two, by a rule for paths.

use std::collections::HashSet;

use super::{FileTree, ImagePath, Node};

impl FileTree {
    /// Splits off the entries that `belongs` picks; the rest stays. Directories go where their entries
    /// go, on both sides if need be; an empty one goes where `belongs` says.
    pub fn split_off(&mut self, belongs: impl Fn(&ImagePath) -> bool) -> FileTree {
        let hollow =
            |path: &ImagePath, node: &Node| matches!(node, Node::Dir { .. }) && self.holds_something(path);
        let of_entry = |(path, node)| (!hollow(path, node)).then(|| belongs(path));
        let sides: Vec<Option<bool>> = self.0.iter().map(of_entry).collect();
        // Most functions have no dependencies, or nothing else.
        if !sides.contains(&Some(true)) {
            return Self::new();
        }
        if !sides.contains(&Some(false)) {
            return std::mem::take(self);
        }
        let mut above = [HashSet::new(), HashSet::new()];
        for (path, side) in self.0.keys().zip(&sides) {
            if let Some(picked) = side {
                mark_above(path, &mut above[usize::from(*picked)]);
            }
        }
        let is_in = |path: &ImagePath, side: Option<bool>| {
            [false, true].map(|picked| {
                side.map_or(above[usize::from(picked)].contains(path.as_str()), |one| one == picked)
            })
        };
        let is_in: Vec<_> = self.0.keys().zip(&sides).map(|(path, side)| is_in(path, *side)).collect();
        drop(above);
        let (mut picked, mut kept) = (Vec::new(), Vec::new());
        for ((path, node), [is_kept, is_picked]) in std::mem::take(self).into_entries().zip(is_in) {
            if is_kept && is_picked {
                kept.push((path.clone(), node.clone()));
            }
            let side = if is_picked { &mut picked } else { &mut kept };
            side.push((path, node));
        }
        *self = Self::of(kept);
        Self::of(picked)
    }

    /// Whether there is something below a directory.
    pub fn holds_something(&self, directory: &ImagePath) -> bool {
        self.inside(directory).next().is_some()
    }
}

/// Adds the directories above `path`, up to the first that is there: all above that one are there, too.
fn mark_above<'a>(path: &'a ImagePath, above: &mut HashSet<&'a str>) {
    let mut path = path.as_str();
    while let Some((directory, _)) = path.rsplit_once('/')
        && above.insert(directory)
    {
        path = directory;
    }
}
