//! Paths of the image's own layers that the new base has in another way.

use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::Trees;
use crate::survey::{Kind, Tree, probes::content};

/// What a base has at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Nothing,
    Dir,
    File,
    Link,
    Other,
}

impl Seen {
    fn of(tree: &Tree<'_>, path: &str) -> Self {
        match tree.get(path).map(|found| found.entry.kind) {
            Some(Kind::Dir) => Self::Dir,
            Some(Kind::File | Kind::HardLink | Kind::Sparse) => Self::File,
            Some(Kind::Symlink) => Self::Link,
            Some(_) => Self::Other,
            None if tree.below(path).next().is_some() => Self::Dir,
            None => Self::Nothing,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Dir => "a directory",
            Self::File => "a file",
            Self::Link => "a symbolic link",
            Self::Other => "a special file",
        }
    }
}

pub fn prove(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    for (path, own) in trees.upper.iter().filter(|(path, _)| !path.is_empty()) {
        let (old, new) = (Seen::of(&trees.old_base, path), Seen::of(&trees.new_base, path));
        let is_dir = own.entry.kind == Kind::Dir;
        let fits = match new {
            Seen::Nothing => true,
            Seen::Dir => is_dir || old == Seen::Dir,
            _ if is_dir => old == new,
            _ => old == Seen::Nothing || old == new,
        };
        if !fits {
            let own = if is_dir { "a directory" } else { "a file" };
            Findings::new(found, Obligation::Paths).refuse(
                format!("/{path}"),
                format!(
                    "the image puts {own} there; the old base has {}, the new base {}",
                    old.name(),
                    new.name()
                ),
            );
        } else if !is_dir && new != Seen::Nothing && new != Seen::Dir && !is_same(trees, path) {
            let what = if old == Seen::Nothing {
                "the new base brings its own"
            } else {
                "the new base changes its own"
            };
            Findings::new(found, Obligation::Shadowing)
                .warn(format!("/{path}"), format!("{what}, and the file of the image still replaces it"));
        }
    }
}

/// Whether both bases have the same there.
fn is_same(trees: &Trees<'_>, path: &str) -> bool {
    let seen = |tree: &Tree<'_>| {
        let entry = tree.get(path)?.entry;
        Some((entry.kind, entry.link.clone(), content::of(entry)))
    };
    seen(&trees.old_base) == seen(&trees.new_base)
}
