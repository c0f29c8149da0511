//! What differs between the bases, for the reviewer: packages and files.

use std::collections::{BTreeMap, BTreeSet};

use crate::survey::probes::{content, rpm};
use crate::survey::{Kind, Tree};

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
    let database = rpm::SQLITE.iter().find_map(|path| tree.get(path));
    let Some(database) = database else {
        let berkeley = rpm::BERKELEY.iter().any(|path| tree.get(path).is_some());
        return Err(match berkeley {
            true => "the rpm database is Berkeley DB's, which is not read",
            false => "there is no rpm database",
        });
    };
    let listed = rpm::of(database.entry).ok_or("the rpm database cannot be read")?;
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for package in listed {
        let versions = all.entry(package.name.clone()).or_default();
        let separator = if versions.is_empty() { "" } else { ", " };
        *versions += &format!("{separator}{}", package.version);
    }
    Ok(all)
}
