//! Bytecode of Python: the magic number of the image's own against those of the bases' standard libraries.

use std::collections::BTreeSet;

use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::Trees;
use crate::survey::{Entry, Fact, Tree};

pub fn prove(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    let magics =
        |tree: &Tree<'_>| tree.iter().filter_map(|(_, found)| magic(found.entry)).collect::<BTreeSet<_>>();
    let (old, new) = (magics(&trees.old_base), magics(&trees.new_base));
    if new.is_empty() {
        return;
    }
    let lost = trees.upper.iter().find(|(_, found)| {
        magic(found.entry).is_some_and(|magic| old.contains(&magic) && !new.contains(&magic))
    });
    if let Some((path, _)) = lost {
        Findings::new(found, Obligation::Bytecode).refuse(
            format!("/{path}"),
            "its bytecode has the magic number of the old base's Python, not of the new one",
        );
    }
}

fn magic(entry: &Entry) -> Option<u16> {
    entry.facts.iter().find_map(|fact| match fact {
        Fact::Bytecode(bytecode) => Some(bytecode.magic),
        _ => None,
    })
}
