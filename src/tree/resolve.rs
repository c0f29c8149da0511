//! Resolves symbolic links in a tree, as a kernel would with the tree as its root.

use super::{FileTree, Node};

/// How many links one resolution may follow: Linux gives up (`ELOOP`) after as many.
const MAX_FOLLOWED: usize = 40;

/// Where a path leads.
#[derive(Debug)]
pub enum Resolved<'a> {
    /// To this entry, which is not a link; `None` for the root itself.
    Found(Option<&'a Node>),
    /// Through an absolute link, to this target and what is left of the path behind it.
    Absolute(String),
    /// To nothing.
    Dangling,
    /// Above the root.
    Leaves,
    /// Round in a circle.
    Cycle,
}

impl FileTree {
    /// Follows `path`, relative to the root of the tree; the last component too, where it is a link.
    pub fn resolve(&self, path: &str) -> Resolved<'_> {
        self.resolve_counted(path, &mut 0)
    }

    /// The same; adds to `steps` how many components it took.
    pub fn resolve_counted(&self, path: &str, steps: &mut usize) -> Resolved<'_> {
        resolve(|path| self.0.get(path), path, steps)
    }

    /// The file that `path` leads to in a tree that is a whole image: absolute links begin at its root.
    pub fn file_at(&self, path: &str) -> Option<&Node> {
        file_at(|path| self.0.get(path), path)
    }
}

/// Follows `path` among the entries that `get` finds.
fn resolve<'a>(get: impl Fn(&str) -> Option<&'a Node>, path: &str, steps: &mut usize) -> Resolved<'a> {
    let mut at = String::new();
    let mut ahead: Vec<&str> = path.split('/').rev().collect();
    let mut followed = 0;
    let mut found = None;
    while let Some(part) = ahead.pop() {
        *steps += 1;
        match part {
            "" | "." => continue,
            ".." if at.is_empty() => return Resolved::Leaves,
            // The directory above stood on the way here.
            ".." => {
                at.truncate(at.rfind('/').unwrap_or(0));
                found = get(at.as_str());
                continue;
            }
            _ => {}
        }
        let directory = at.len();
        if !at.is_empty() {
            at.push('/');
        }
        at.push_str(part);
        match get(at.as_str()) {
            node @ Some(Node::Dir { .. }) => found = node,
            node @ Some(Node::File { .. }) if ahead.is_empty() => found = node,
            Some(Node::File { .. }) | None => return Resolved::Dangling,
            Some(Node::Symlink { target, .. }) if target.starts_with('/') => {
                let rest = ahead.into_iter().rev().fold(String::new(), |rest, part| rest + "/" + part);
                return Resolved::Absolute(format!("{target}{rest}"));
            }
            Some(Node::Symlink { target, .. }) => {
                followed += 1;
                if followed > MAX_FOLLOWED {
                    return Resolved::Cycle;
                }
                at.truncate(directory);
                ahead.extend(target.split('/').rev());
            }
        }
    }
    Resolved::Found(found)
}

/// The file that `path` leads to in a whole image, whose entries `get` finds: absolute links begin at its root.
pub(super) fn file_at<'a>(get: impl Fn(&str) -> Option<&'a Node>, path: &str) -> Option<&'a Node> {
    let mut path = path.to_owned();
    for _ in 0..MAX_FOLLOWED {
        match resolve(&get, &path, &mut 0) {
            Resolved::Found(node) => return node.filter(|node| matches!(node, Node::File { .. })),
            Resolved::Absolute(target) => path = target,
            Resolved::Dangling | Resolved::Leaves | Resolved::Cycle => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Content, ImagePath};

    #[test]
    fn files_are_found_through_links_of_both_kinds() {
        let mut tree = FileTree::new();
        let mut add = |path: &str, node: Node| tree.insert(ImagePath::new(path).unwrap(), node).unwrap();
        let link = |target: &str| Node::Symlink { target: target.into(), origin: String::new() };
        add("var/task/src/app.py", Node::File { content: Content::bytes("t", *b"x"), executable: false });
        add("var/task/alias", link("src"));
        add("opt/task", link("/var/task/alias"));
        add("round", link("round"));
        for path in
            ["var/task/src/app.py", "var/task/alias/app.py", "opt/task/app.py", "opt/task/../src/app.py"]
        {
            assert!(tree.file_at(path).is_some(), "{path}");
        }
        for path in ["var/task/src", "gone", "round", "..", "", "var/task/src/app.py/x"] {
            assert!(tree.file_at(path).is_none(), "{path}");
        }
    }
}
