//! What differs between the bases, for the reviewer: packages and files.

use std::collections::{BTreeMap, BTreeSet};

use crate::survey::probes::{content, rpm};
use crate::survey::{Ecosystem, Fact, Kind, Tree};

/// What differs between two bases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Packages, where the databases of both can be read.
    pub packages: Vec<PackageChange>,
    /// Why packages are not compared, where they are not.
    pub packages_unread: Option<String>,
    /// Paths that only the new base has.
    pub added: Vec<String>,
    /// Paths that only the old base has.
    pub removed: Vec<String>,
    /// Files of other content, links to other places.
    pub changed: Vec<String>,
}

/// A package of another version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Version and release in the old base, if it has it.
    pub old: Option<String>,
    /// The same in the new base.
    pub new: Option<String>,
}

impl Changes {
    pub(super) fn between(old: &Tree<'_>, new: &Tree<'_>) -> Self {
        let mut changes = Self::default();
        match (packages(old), packages(new)) {
            (Ok(old), Ok(new)) => {
                let names: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
                for name in names {
                    let (was, is) = (old.get(&name), new.get(&name));
                    if was != is {
                        changes.packages.push(PackageChange { name, old: was.cloned(), new: is.cloned() });
                    }
                }
            }
            (Err(why), _) => changes.packages_unread = Some(format!("of the old base, {why}")),
            (_, Err(why)) => changes.packages_unread = Some(format!("of the new base, {why}")),
        }
        let other = |(_, found): &(&str, crate::survey::LayerEntry<'_>)| found.entry.kind != Kind::Dir;
        for (path, found) in old.iter().filter(other) {
            let Some(now) = new.get(path) else {
                changes.removed.push(format!("/{path}"));
                continue;
            };
            let seen = |entry: &crate::survey::Entry| {
                (entry.kind, entry.mode, entry.link.clone(), content::of(entry))
            };
            if seen(found.entry) != seen(now.entry) {
                changes.changed.push(format!("/{path}"));
            }
        }
        let added = new.iter().filter(other).filter(|(path, _)| old.get(path).is_none());
        changes.added.extend(added.map(|(path, _)| format!("/{path}")));
        changes
    }
}

/// Packages by name; several versions of one are one text.
fn packages(tree: &Tree<'_>) -> Result<BTreeMap<String, String>, &'static str> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |name: &str, version: &str| {
        let versions = all.entry(name.to_owned()).or_default();
        let separator = if versions.is_empty() { "" } else { ", " };
        *versions += &format!("{separator}{version}");
    };
    if let Some(database) = rpm::SQLITE.iter().find_map(|path| tree.get(path)) {
        let listed = rpm::of(database.entry).ok_or("the rpm database cannot be read")?;
        listed.iter().for_each(|package| add(&package.name, &package.version));
        return Ok(all);
    }
    if rpm::BERKELEY.iter().any(|path| tree.get(path).is_some()) {
        return Err("the rpm database is Berkeley DB's, which is not read");
    }
    let facts = tree.iter().flat_map(|(_, found)| &found.entry.facts);
    let listed = facts.filter_map(|fact| match fact {
        Fact::Components(listed) => Some(listed),
        _ => None,
    });
    for one in listed.flatten().filter(|one| matches!(one.ecosystem, Ecosystem::Debian | Ecosystem::Alpine)) {
        add(&one.name, &one.version);
    }
    if all.is_empty() { Err("there is no package database") } else { Ok(all) }
}
