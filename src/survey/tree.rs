//! The files of all layers together, as a container would see them.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Entry, Kind, Survey, Whiteout, name};

/// The most symbolic links that Linux follows (`ELOOP`, path_resolution(7)).
const LINKS_MAX: usize = 40;

/// The merged view through layers: by name, the entry that won, whiteouts and opaque directories applied.
#[derive(Debug, Default)]
pub struct Tree<'a> {
    found: BTreeMap<&'a str, LayerEntry<'a>>,
    complete: bool,
}

/// An entry, and the layer that it is in, counted from 0, the lowest.
#[derive(Clone, Copy, Debug)]
pub struct LayerEntry<'a> {
    /// The layer.
    pub layer: usize,
    /// The entry.
    pub entry: &'a Entry,
}

/// Where a path leads, symbolic links followed as the kernel follows them.
#[derive(Clone, Debug)]
pub enum Resolved<'a> {
    /// To an entry.
    At(LayerEntry<'a>),
    /// To a directory that no entry names, because only something in it does; or to the root.
    Implied(String),
    /// To nothing: this name is not there. In a [`Tree`] that is not complete, it may be in a layer that
    /// was not read.
    Missing(String),
    /// Through something that is not a directory.
    NotADirectory(String),
    /// In circles.
    Loop,
}

impl<'a> Tree<'a> {
    /// The view through `layers`, lowest first, each with its number. `complete` says whether these are
    /// all layers of the image, read to their ends.
    pub fn new(layers: impl IntoIterator<Item = (usize, &'a Survey)>, complete: bool) -> Self {
        let mut tree = Self { found: BTreeMap::new(), complete };
        for (layer, survey) in layers {
            // A whiteout hides what is below its own layer, wherever it stands in it.
            for entry in &survey.entries {
                match entry.whiteout() {
                    Some(Whiteout::Opaque(dir)) => tree.clear(dir),
                    Some(Whiteout::Path(dir, hidden)) => {
                        let name = if dir.is_empty() { hidden.to_owned() } else { format!("{dir}/{hidden}") };
                        tree.found.remove(name.as_str());
                        tree.clear(&name);
                    }
                    None => {}
                }
            }
            let entries = survey.entries.iter().filter(|entry| entry.whiteout().is_none());
            if tree.found.is_empty() && entries.clone().is_sorted_by(|a, b| a.name() < b.name()) {
                // The lowest layer, and most often the largest: nothing is hidden by anything.
                tree.found = entries.map(|entry| (entry.name(), LayerEntry { layer, entry })).collect();
                continue;
            }
            for entry in entries {
                if entry.kind != Kind::Dir && !entry.name().is_empty() {
                    tree.clear(entry.name());
                }
                tree.found.insert(entry.name(), LayerEntry { layer, entry });
            }
        }
        tree
    }

    /// Whether every layer was read: only then does a missing path mean that it is not there.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Every entry, in byte order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, LayerEntry<'a>)> {
        self.found.iter().map(|(name, found)| (*name, *found))
    }

    /// The entry of that very path, links not followed.
    pub fn get(&self, path: &str) -> Option<LayerEntry<'a>> {
        self.found.get(name(path)).copied()
    }

    /// Everything below a directory, at any depth, in byte order of names.
    pub fn below<'t>(&'t self, dir: &str) -> impl Iterator<Item = (&'a str, LayerEntry<'a>)> + use<'a, 't> {
        let dir = name(dir);
        let first = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let from = self.found.range::<str, _>((Bound::Excluded(&*first), Bound::Unbounded));
        from.map(|(name, found)| (*name, *found)).take_while(move |(name, _)| name.starts_with(&first))
    }

    /// The entry that has the content: of a hard link, that of its target.
    pub fn content(&self, found: LayerEntry<'a>) -> Option<LayerEntry<'a>> {
        let mut at = found;
        for _ in 0..LINKS_MAX {
            if at.entry.kind != Kind::HardLink {
                return Some(at);
            }
            at = self.get(at.entry.link.as_deref()?)?;
        }
        None
    }

    /// Follows a path from the root of the image, or from `dir` where it is relative.
    pub fn resolve(&self, dir: &str, path: &str) -> Resolved<'a> {
        self.resolve_counted(dir, path, &mut 0)
    }

    /// The same; adds to `steps` how many components it took.
    pub fn resolve_counted(&self, dir: &str, path: &str, steps: &mut usize) -> Resolved<'a> {
        let mut todo: Vec<String> = Vec::new();
        let push = |todo: &mut Vec<String>, path: &str| {
            todo.extend(
                path.split('/').rev().filter(|part| !part.is_empty() && *part != ".").map(str::to_owned),
            );
        };
        push(&mut todo, path);
        if !path.starts_with('/') {
            push(&mut todo, dir);
        }
        let (mut at, mut links) = (String::new(), 0);
        let mut last = None;
        while let Some(part) = todo.pop() {
            *steps += 1;
            if part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                last = self.get(&at).filter(|_| !at.is_empty());
                continue;
            }
            let next = if at.is_empty() { part } else { format!("{at}/{part}") };
            match self.get(&next) {
                Some(found) if found.entry.kind == Kind::Symlink => {
                    links += 1;
                    if links > LINKS_MAX {
                        return Resolved::Loop;
                    }
                    let target = found.entry.link.as_deref().unwrap_or_default();
                    push(&mut todo, target);
                    if target.starts_with('/') {
                        at.clear();
                        last = None;
                    }
                }
                Some(found) if found.entry.kind == Kind::Dir || todo.is_empty() => {
                    last = Some(found);
                    at = next;
                }
                Some(_) => return Resolved::NotADirectory(next),
                None if self.below(&next).next().is_some() => {
                    last = None;
                    at = next;
                }
                None => return Resolved::Missing(next),
            }
        }
        match last {
            Some(found) => Resolved::At(found),
            None => Resolved::Implied(at),
        }
    }

    fn clear(&mut self, dir: &str) {
        let mut behind = self.found.range::<str, _>((Bound::Excluded(dir), Bound::Unbounded));
        if !behind.next().is_some_and(|(next, _)| next.starts_with(dir)) {
            return;
        }
        let names: Vec<_> = self.below(dir).map(|(name, _)| name).collect();
        for name in names {
            self.found.remove(name);
        }
    }
}
