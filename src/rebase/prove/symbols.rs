//! Symbols that the image's own programs need, and those that libraries of the base define.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::loader::Loader;
use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::{Trees, elf};
use crate::survey::probes::symbols;
use crate::survey::{Need, Tree};

pub fn prove(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    needed(trees, found);
    shrunk(trees, found);
}

fn needed(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    let old = Loader::new(&trees.old, &trees.old_search);
    let new = Loader::new(&trees.new, &trees.new_search);
    let (old_names, new_names) = (defined(&trees.old), defined(&trees.new));
    for (path, entry, elf) in trees.own_programs() {
        let Some(own) = symbols::of(entry) else {
            if !elf.needed.is_empty() {
                Findings::new(found, Obligation::Symbols)
                    .warn(format!("/{path}"), "its symbols cannot be read, and are not compared");
            }
            continue;
        };
        let has = |loader: &Loader<'_, '_>, names: &HashSet<&str>, need: &Need| match &need.version {
            None => names.contains(need.name.as_str()),
            // The loader asks the library for the version, and all libraries for the symbol.
            Some(version) => {
                let picked = loader.pick(path, elf, &version.library);
                let defines = picked.and_then(|picked| crate::rebase::trees::elf(picked.entry));
                defines.is_some_and(|library| library.defines.contains(&version.name))
                    && names.contains(&*need.versioned())
            }
        };
        let gone: Vec<_> = own
            .needs
            .iter()
            .filter(|need| has(&old, &old_names, need) && !has(&new, &new_names, need))
            .collect();
        let Some(first) = gone.first() else { continue };
        let of = match &first.version {
            Some(version) => format!(" of `{}`", version.library),
            None => String::new(),
        };
        let more =
            if gone.len() > 1 { format!(", and {} more symbols", gone.len() - 1) } else { String::new() };
        Findings::new(found, Obligation::Symbols).refuse(
            format!("/{path}"),
            format!(
                "it needs `{}`{of}{more}: the old base defines it, the new base does not",
                first.versioned()
            ),
        );
    }
}

/// Every symbol that a tree defines, with its version and without.
fn defined<'a>(tree: &Tree<'a>) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    for (_, found) in tree.iter() {
        for name in symbols::of(found.entry).map(|symbols| symbols.defines.as_slice()).unwrap_or_default() {
            names.insert(name.as_str());
            names.insert(name.split('@').next().unwrap_or_default());
        }
    }
    names
}

/// Libraries that are in both bases and define less in the new one.
fn shrunk(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    let by_name = |tree: &Tree<'_>| {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, found) in tree.iter() {
            let soname = elf(found.entry).and_then(|elf| elf.soname.clone());
            let Some((soname, own)) = soname.zip(symbols::of(found.entry)) else { continue };
            all.entry(soname).or_default().extend(own.defines.iter().cloned());
        }
        all
    };
    let new = by_name(&trees.new_base);
    for (library, old) in by_name(&trees.old_base) {
        let Some(new) = new.get(&library) else { continue };
        let gone: Vec<_> = old.difference(new).collect();
        let Some(first) = gone.first() else { continue };
        let more =
            if gone.len() > 1 { format!(" and {} more symbols", gone.len() - 1) } else { String::new() };
        Findings::new(found, Obligation::Exports).warn(
            library,
            format!("the new base's no longer defines `{first}`{more}; what loads it by name is not known"),
        );
    }
}
