//! Which files of an image belong to the function, and which of those are its dependencies.

use std::collections::{BTreeMap, BTreeSet};

use super::image_view::ImageView;
use crate::survey::{Elf, Fact, Kind, LayerEntry, Tree, name, split};

/// Where AWS's documents put functions, Lambda layers and, on bases of others, functions again.
const ROOTS: [&str; 3] = ["var/task", "opt", "function"];

/// The files of a function, in byte order, without those of its base.
pub struct FunctionFiles<'a> {
    /// Regular files, hard links included; each with the entry that has its content.
    pub files: Vec<FunctionFile<'a>>,
    /// Symbolic links.
    pub links: Vec<(&'a str, LayerEntry<'a>)>,
    /// Directories.
    pub dirs: Vec<(&'a str, LayerEntry<'a>)>,
    /// What Python packages put into the directory that they are installed in.
    packages: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// One file.
#[derive(Clone, Copy)]
pub struct FunctionFile<'a> {
    /// Its path, without a leading slash.
    pub path: &'a str,
    /// Its own entry.
    pub found: LayerEntry<'a>,
    /// The entry with its content.
    pub content: LayerEntry<'a>,
}

impl<'a> FunctionFile<'a> {
    /// What it says, if it is an ELF file.
    pub fn elf(&self) -> Option<&'a Elf> {
        elf(self.content)
    }
}

/// What a file says, if it is an ELF file.
pub fn elf(found: LayerEntry<'_>) -> Option<&Elf> {
    found.entry.facts.iter().find_map(|fact| match fact {
        Fact::Elf(elf) => Some(&**elf),
        _ => None,
    })
}

impl<'a> FunctionFiles<'a> {
    /// The function in an image: what `tree` has below AWS's directories and the working directory, unless the
    /// layer is known to be the base's.
    pub fn find(view: &ImageView, tree: &Tree<'a>, workdir: &'a str) -> Self {
        let mut roots: BTreeSet<&str> = ROOTS.into();
        let workdir = name(workdir);
        if !workdir.is_empty() && !of_system(workdir) {
            roots.insert(workdir);
        }
        // A root inside another one would give files twice.
        let outer = roots.iter().filter(|root| !roots.iter().any(|other| is_below(root, other)));
        let mut function =
            Self { files: Vec::new(), links: Vec::new(), dirs: Vec::new(), packages: BTreeMap::new() };
        for root in outer {
            for (path, found) in
                tree.get(root).map(|found| (*root, found)).into_iter().chain(tree.below(root))
            {
                if view.layers.get(found.layer).is_some_and(|layer| layer.of_base) {
                    continue;
                }
                match found.entry.kind {
                    Kind::Dir => function.dirs.push((found.entry.name(), found)),
                    Kind::Symlink => function.links.push((found.entry.name(), found)),
                    Kind::File | Kind::HardLink | Kind::Sparse => {
                        let content = tree.content(found).unwrap_or(found);
                        let path = if path == *root { found.entry.name() } else { path };
                        function.files.push(FunctionFile { path, found, content });
                    }
                    _ => {}
                }
            }
        }
        for file in &function.files {
            for fact in &file.content.entry.facts {
                if let Fact::Package(names) = fact {
                    let (installed, _) = split(split(file.path).0);
                    function.packages.entry(installed).or_default().extend(names.iter().map(String::as_str));
                }
            }
        }
        function
    }

    /// Whether a path is that of something which others wrote: where package managers put it.
    pub fn is_dependency(&self, path: &str) -> bool {
        path.split('/').any(of_package_manager) || path.contains("vendor/bundle/") || self.is_recorded(path)
    }

    /// Every file, and whether it [is one of a dependency](Self::is_dependency).
    pub fn told_apart(&self) -> impl Iterator<Item = (&FunctionFile<'a>, bool)> {
        // Most files follow one of the same directory.
        let mut last: Option<(&str, bool)> = None;
        self.files.iter().map(move |file| {
            let (dir, name) = split(file.path);
            let within = match last {
                Some((same, within)) if same == dir => within,
                _ => self.is_dependency(&file.path[..file.path.len() - name.len()]),
            };
            last = Some((dir, within));
            let own = || {
                of_package_manager(name) || (self.packages.contains_key(dir) && self.is_recorded(file.path))
            };
            (file, within || own())
        })
    }

    /// Whether a package says that it brought what is at a path.
    fn is_recorded(&self, path: &str) -> bool {
        self.packages.iter().any(|(dir, names)| {
            let rest = if dir.is_empty() { Some(path) } else { below(path, dir) };
            rest.and_then(|rest| rest.split('/').next()).is_some_and(|first| names.contains(first))
        })
    }
}

/// Whether a package manager gives this name to its directories.
fn of_package_manager(part: &str) -> bool {
    matches!(part, "node_modules" | "site-packages" | "dist-packages" | "gems")
        || part.ends_with(".dist-info")
        || part.ends_with(".egg-info")
}

/// The rest of `path` below `dir`.
pub fn below<'p>(path: &'p str, dir: &str) -> Option<&'p str> {
    path.strip_prefix(dir)?.strip_prefix('/')
}

fn is_below(path: &str, dir: &str) -> bool {
    below(path, dir).is_some()
}

/// Whether a path belongs to the operating system or a language, and not to the function.
pub fn of_system(path: &str) -> bool {
    let top = path.split('/').next().unwrap_or_default();
    let foreign = matches!(
        top,
        "bin"
            | "boot"
            | "dev"
            | "etc"
            | "lib"
            | "lib32"
            | "lib64"
            | "libx32"
            | "proc"
            | "root"
            | "run"
            | "sbin"
            | "sys"
            | "tmp"
            | "usr"
    ) || (top == "var" && !path.starts_with("var/task"));
    // Where Docker's documents and those of web servers put applications.
    foreign && !path.starts_with("usr/src/") && !path.starts_with("var/www")
}
