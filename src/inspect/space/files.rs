//! The files of an image.

use crate::survey::{Kind, LayerEntry, Tree};

/// The entries that hold content of their own, with their names.
pub(super) fn files<'t, 'a>(
    tree: &'t Tree<'a>,
) -> impl Iterator<Item = (&'a str, LayerEntry<'a>)> + use<'t, 'a> {
    tree.iter().filter(|(_, found)| matches!(found.entry.kind, Kind::File | Kind::Sparse))
}
