//! Which library the loader of glibc takes for a name (ld.so(8)). A library that it would not find may have been
//! loaded before by its path, so the last choice is any file of that name.

use std::collections::BTreeMap;

use crate::rebase::trees::{Search, at, elf};
use crate::survey::{Elf, Entry, Tree, split};

/// Where the loader looks last.
const DEFAULT: [&str; 4] = ["/lib64", "/usr/lib64", "/lib", "/usr/lib"];

/// Finds libraries in one tree.
pub struct Loader<'t, 'a> {
    tree: &'t Tree<'a>,
    search: &'t Search,
    names: BTreeMap<&'a str, (&'a str, &'a Entry)>,
}

/// A library that was found.
#[derive(Clone, Copy)]
pub struct Picked<'a> {
    pub path: &'a str,
    pub entry: &'a Entry,
    /// Whether it is where the loader looks.
    pub is_searched: bool,
}

impl<'t, 'a> Loader<'t, 'a> {
    /// In a tree, in the environment of its image.
    pub fn new(tree: &'t Tree<'a>, search: &'t Search) -> Self {
        let mut names = BTreeMap::new();
        for (path, found) in tree.iter() {
            let Some(content) = tree.content(found).filter(|found| elf(found.entry).is_some()) else {
                continue;
            };
            names.entry(split(path).1).or_insert((path, content.entry));
            if let Some(soname) = elf(content.entry).and_then(|elf| elf.soname.as_deref()) {
                names.entry(soname).or_insert((path, content.entry));
            }
        }
        Self { tree, search, names }
    }

    pub fn pick(&self, user: &str, elf: &Elf, name: &str) -> Option<Picked<'a>> {
        let dir = format!("/{}", split(user).0);
        let origin = |dirs: &[String]| -> Vec<String> {
            dirs.iter().map(|one| one.replace("${ORIGIN}", &dir).replace("$ORIGIN", &dir)).collect()
        };
        let rpath = if elf.runpath.is_empty() { origin(&elf.rpath) } else { Vec::new() };
        let dirs = rpath.into_iter().chain(self.search.libraries.iter().cloned());
        let dirs = dirs.chain(origin(&elf.runpath)).chain(DEFAULT.iter().map(|dir| (*dir).to_owned()));
        for dir in dirs {
            let found = at(self.tree, "", &format!("{dir}/{name}"));
            let fits = |entry: &Entry| {
                crate::rebase::trees::elf(entry).is_some_and(|one| one.machine == elf.machine)
            };
            if let Some(found) = found.filter(|found| fits(found.entry)) {
                return Some(Picked { path: found.entry.name(), entry: found.entry, is_searched: true });
            }
        }
        let (path, entry) = self.names.get(split(name).1)?;
        Some(Picked { path, entry, is_searched: false })
    }
}
