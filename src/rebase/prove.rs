//! Proves the obligations of a rebase, one file for each group of them.

mod bytecode;
mod client;
mod files;
mod interpreter;
pub mod language;
mod libraries;
mod loader;
mod paths;
mod symbols;

use super::proof::Finding;
use super::trees::Trees;
use crate::runtime::Family;

/// What files and symbols say. `start` is what the new image starts.
pub(super) fn all(trees: &Trees<'_>, family: Option<Family>, start: Option<&str>) -> Vec<Finding> {
    let mut found = Vec::new();
    paths::prove(trees, &mut found);
    files::prove(trees, start, &mut found);
    libraries::prove(trees, &mut found);
    symbols::prove(trees, &mut found);
    if let Some(family) = family {
        interpreter::prove(trees, family, &mut found);
    }
    bytecode::prove(trees, &mut found);
    client::prove(trees, &mut found);
    found
}
