//! Libraries that the image's own programs need, by name, and where the loader finds them.

use super::loader::Loader;
use crate::rebase::proof::{Finding, Findings, Obligation};
use crate::rebase::trees::Trees;

pub fn prove(trees: &Trees<'_>, found: &mut Vec<Finding>) {
    let old = Loader::new(&trees.old, &trees.old_search);
    let new = Loader::new(&trees.new, &trees.new_search);
    for (path, _, elf) in trees.own_programs() {
        for name in &elf.needed {
            let Some(was) = old.pick(path, elf, name) else { continue };
            match new.pick(path, elf, name) {
                None => Findings::new(found, Obligation::Libraries).refuse(
                    format!("/{path}"),
                    format!("it needs `{name}`, which the old base has at `/{}` and the new base lacks", was.path),
                ),
                Some(is) if was.is_searched && !is.is_searched => Findings::new(found, Obligation::Files).refuse(
                    format!("/{path}"),
                    format!(
                        "it needs `{name}`, which moved from `/{}` to `/{}`, where the loader does not look",
                        was.path, is.path
                    ),
                ),
                Some(_) => {}
            }
        }
    }
}
