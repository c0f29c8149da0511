//! Which symbolic links may go into an image: the same rules for every kind of input.

use std::path::{Path, PathBuf};

use super::symlink_error::SymlinkError;
use crate::tree::{FileTree, ImagePath, Node, Resolved};

/// Where people keep their files: a link to there, as from a virtual environment, is of this machine.
const HOMES: [&str; 4] = ["/home/", "/root/", "/Users/", "/tmp/"];

/// The most components that all links of an input may lead through: a hundred for each of 200,000 links, where
/// those of pnpm lead through ten.
const STEPS_MAX: usize = 20_000_000;

/// Checks every link of `tree`; `roots` are the absolute paths of the input directory on the host.
/// Returns a warning for each link to something that is not in the tree.
///
/// # Errors
/// [`SymlinkError`] for the first link, in the order of paths, that may not be there.
pub(super) fn check(tree: &FileTree, roots: &[PathBuf]) -> Result<Vec<String>, SymlinkError> {
    let mut warnings = Vec::new();
    let mut steps = 0;
    for (path, node) in tree.iter() {
        let Node::Symlink { target, origin } = node else { continue };
        let (link, target) = (origin.clone(), target.clone());
        if target.is_empty() || target.contains('\0') {
            return Err(SymlinkError::Target { link, target });
        }
        // The whole file system as input has no host path that the image would not have.
        let host = |root: &PathBuf| root.parent().is_some() && Path::new(&target).starts_with(root);
        if roots.iter().any(host) {
            return Err(SymlinkError::Host { link, target });
        }
        if !target.starts_with('/') && leaves(path, &target) {
            return Err(SymlinkError::Leaves { link, target });
        }
        if steps > STEPS_MAX {
            return Err(SymlinkError::Tangle { link, target });
        }
        match tree.resolve_counted(path.as_str(), &mut steps) {
            Resolved::Found(_) => {}
            // Most others lead to files of the base, which is not looked into.
            Resolved::Absolute(_) if HOMES.iter().any(|home| target.starts_with(home)) => {
                warnings.push(format!(
                    "symlink `{link}` points to `{target}`, which the base probably does not have"
                ));
            }
            Resolved::Absolute(_) => {}
            Resolved::Leaves => return Err(SymlinkError::Leaves { link, target }),
            Resolved::Cycle => return Err(SymlinkError::Cycle { link, target }),
            Resolved::Dangling => {
                warnings.push(format!("symlink `{link}` points to `{target}`, which is not in the input"))
            }
        }
    }
    Ok(warnings)
}

/// Whether `target` rises above the root, taken by its letters from the place of `link`.
fn leaves(link: &ImagePath, target: &str) -> bool {
    let mut depth = link.components().count() - 1;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Content;

    fn outcome(entries: &[(&str, &str)]) -> Result<Vec<String>, SymlinkError> {
        let mut tree = FileTree::new();
        for (path, target) in entries {
            let node = match *target {
                "file" => Node::File { content: Content::bytes("t", *b"x"), executable: false },
                "dir" => Node::DIR,
                target => Node::Symlink { target: target.to_owned(), origin: (*path).to_owned() },
            };
            tree.insert(ImagePath::new(path).unwrap(), node).unwrap();
        }
        check(&tree, &[PathBuf::from("/home/me/fn")])
    }

    #[test]
    fn links_inside_the_tree_and_absolute_ones_stay() {
        let entries = [
            ("a/b/f", "file"),
            ("l", "a/b/f"),
            ("a/b/up", "../.."),
            ("a/self", "."),
            ("m", "a/b/up/l"),
            ("abs", "/opt/lib"),
            ("through", "abs/x"),
        ];
        assert!(outcome(&entries).unwrap().is_empty());
        let near = outcome(&[("near", "/home/me/fn2/x")]).unwrap();
        assert_eq!(
            near,
            ["symlink `near` points to `/home/me/fn2/x`, which the base probably does not have"]
        );
        let dangling = outcome(&[("d/l", "../gone"), ("f", "file"), ("n", "f/x")]).unwrap();
        assert_eq!(dangling.len(), 2);
        assert_eq!(dangling[0], "symlink `d/l` points to `../gone`, which is not in the input");
    }

    #[test]
    fn links_out_of_the_tree_or_round_in_it_do_not() {
        let refused = |entries: &[(&str, &str)]| outcome(entries).unwrap_err().to_string();
        assert_eq!(
            refused(&[("a/l", "../../etc/passwd")]),
            "symlink `a/l` points to `../../etc/passwd`, which is outside of the input"
        );
        assert!(refused(&[("l", "a/../../x"), ("a", "dir")]).contains("outside"));
        // By its letters this one stays inside; through `a/k` it does not.
        assert!(refused(&[("a/b/k", "../.."), ("l", "a/b/k/..")]).contains("outside"));
        assert!(refused(&[("l", "/home/me/fn/x")]).contains("an absolute path of this machine"));
        assert!(refused(&[("a", "b"), ("b", "a")]).contains("`a` points to `b`, which leads back"));
        assert!(refused(&[("a", "a")]).contains("back to the symlink"));
        assert!(refused(&[("a", "a/x")]).contains("back to the symlink"));
        assert!(refused(&[("a", "")]).contains("invalid target"));
    }
}
