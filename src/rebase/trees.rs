//! The files of both bases, of the image on each of them, and of its own layers.

use std::sync::Arc;

use crate::arch::Arch;
use crate::survey::{Elf, Entry, Fact, LayerEntry, Resolved, Survey, Tree};

/// What proofs look at.
pub(super) struct Trees<'a> {
    /// The base that the image is on.
    pub old_base: Tree<'a>,
    /// The base that it goes to.
    pub new_base: Tree<'a>,
    /// The image's own layers.
    pub upper: Tree<'a>,
    /// The image as it is.
    pub old: Tree<'a>,
    /// The image as it would be.
    pub new: Tree<'a>,
    /// The architecture.
    pub arch: Arch,
    /// Where the image as it is looks for libraries and programs.
    pub old_search: Search,
    /// Where the new image does.
    pub new_search: Search,
}

/// The directories of an image's environment.
pub(super) struct Search {
    /// Those of `LD_LIBRARY_PATH`.
    pub libraries: Vec<String>,
    /// Those of `PATH`.
    pub programs: Vec<String>,
}

impl Search {
    pub fn of(env: &[String]) -> Self {
        let dirs = |name: &str| {
            let value = env.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_default().split(':').filter(|dir| !dir.is_empty()).map(str::to_owned).collect()
        };
        Self { libraries: dirs("LD_LIBRARY_PATH"), programs: dirs("PATH") }
    }
}

impl<'a> Trees<'a> {
    pub fn new(
        [old, new, upper]: [&'a [Arc<Survey>]; 3],
        arch: Arch,
        [old_search, new_search]: [Search; 2],
    ) -> Self {
        fn tree<'a>(parts: &[&'a [Arc<Survey>]]) -> Tree<'a> {
            Tree::new(parts.iter().flat_map(|part| part.iter()).map(|survey| &**survey).enumerate(), true)
        }
        Self {
            old_base: tree(&[old]),
            new_base: tree(&[new]),
            upper: tree(&[upper]),
            old: tree(&[old, upper]),
            new: tree(&[new, upper]),
            arch,
            old_search,
            new_search,
        }
    }

    /// The programs and libraries of the image's own layers that its processor runs.
    pub fn own_programs(&self) -> impl Iterator<Item = (&'a str, &'a Entry, &'a Elf)> {
        self.upper.iter().filter_map(|(path, found)| {
            let elf =
                elf(found.entry).filter(|elf| elf.machine == self.arch.elf_machine() && elf.is_loaded())?;
            Some((path, found.entry, elf))
        })
    }
}

/// What a file says, if it is an ELF file.
pub(super) fn elf(entry: &Entry) -> Option<&Elf> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Elf(elf) => Some(&**elf),
        _ => None,
    })
}

/// The file at a path, links followed.
pub(super) fn at<'a>(tree: &Tree<'a>, dir: &str, path: &str) -> Option<LayerEntry<'a>> {
    match tree.resolve(dir, path) {
        Resolved::At(found) => tree.content(found),
        _ => None,
    }
}

/// Whether something is at a path, links followed.
pub(super) fn is_there(tree: &Tree<'_>, path: &str) -> bool {
    matches!(tree.resolve("", path), Resolved::At(_) | Resolved::Implied(_))
}
