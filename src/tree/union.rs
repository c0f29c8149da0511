//! `Union`: several trees as one, without copying any.

use super::resolve::file_at;
use super::{Clash, FileTree, ImagePath, Node};

/// Trees that go together: where two have an entry for one path, it is the same.
pub struct Union<'a>(Vec<&'a FileTree>);

impl<'a> Union<'a> {
    /// The union of these trees.
    ///
    /// # Errors
    /// [`Clash`] where two have different entries for one path. (Every tree has the directories above its entries: so this
    /// is also where one has a file and the other a directory.)
    pub fn of(trees: impl IntoIterator<Item = &'a FileTree>) -> Result<Self, Clash> {
        let mut union = Self(Vec::new());
        for tree in trees {
            union.0.iter().try_for_each(|earlier| agree(earlier, tree))?;
            union.0.push(tree);
        }
        Ok(union)
    }

    /// The file that `path` leads to, links followed: absolute ones begin at the root.
    pub fn file_at(&self, path: &str) -> Option<&'a Node> {
        file_at(|path| self.0.iter().find_map(|tree| tree.0.get(path)), path)
    }

    /// The paths of all regular files, those of one tree after those of another.
    pub fn files(&self) -> impl Iterator<Item = &'a ImagePath> {
        self.0.iter().flat_map(|tree| tree.files().map(|(path, _)| path))
    }
}

impl<'a> From<&'a FileTree> for Union<'a> {
    fn from(tree: &'a FileTree) -> Self {
        Self(vec![tree])
    }
}

/// Whether two trees have no path with different entries: those of the smaller are looked for in the other.
fn agree(first: &FileTree, second: &FileTree) -> Result<(), Clash> {
    let swapped = first.len() > second.len();
    let (fewer, more) = if swapped { (second, first) } else { (first, second) };
    for (path, node) in fewer.iter() {
        if let Some(other) = more.get(path) {
            node.agrees(other, path).map_err(|clash| if swapped { clash.swapped() } else { clash })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Content;

    fn tree(files: &[(&str, &'static str)]) -> FileTree {
        let mut tree = FileTree::new();
        for (path, bytes) in files {
            let node = Node::File { content: Content::bytes(*bytes, bytes.as_bytes()), executable: false };
            tree.insert(ImagePath::new(path).unwrap(), node).unwrap();
        }
        tree
    }

    #[test]
    fn trees_that_go_together_are_seen_as_one() {
        let (one, mut other) = (tree(&[("a/b", "1"), ("a/c", "2")]), tree(&[("a/b", "1"), ("d/e", "3")]));
        let link = Node::Symlink { target: "/a/c".into(), origin: String::new() };
        other.insert(ImagePath::new("d/link").unwrap(), link).unwrap();
        let union = Union::of([&one, &other]).unwrap();
        for (path, there) in [("a/b", true), ("d/e", true), ("d/link", true), ("a", false), ("d/c", false)] {
            assert_eq!(union.file_at(path).is_some(), there, "{path}");
        }
        assert_eq!(union.files().map(ImagePath::as_str).collect::<Vec<_>>(), ["a/b", "a/c", "a/b", "d/e"]);
    }

    #[test]
    fn trees_that_contradict_each_other_are_refused_in_their_order() {
        let clash =
            |trees: &[&FileTree]| Union::of(trees.iter().copied()).err().map(|clash| clash.to_string());
        let (small, large) = (tree(&[("a/b", "1")]), tree(&[("a/b", "2"), ("c", "3")]));
        let words = |first, second| {
            Some(format!("`{first}` and `{second}` both contain `/a/b`, with different content"))
        };
        assert_eq!((clash(&[&small, &large]), clash(&[&large, &small])), (words("1", "2"), words("2", "1")));
        let below = tree(&[("c/d", "4")]);
        assert_eq!(
            clash(&[&below, &large]).unwrap(),
            "a directory and `3` both contain `/c`, with different content"
        );
        assert!(clash(&[&small, &below]).is_none());
    }
}
