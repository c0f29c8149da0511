//! What an image holds without need.

use std::collections::BTreeMap;

use super::files::files;
use crate::check::ImageView;
use crate::digest::Digest;
use crate::survey::probes::content;
use crate::survey::{Kind, Tree};

/// Files below this size, in bytes, are not compared: licences and empty modules are equal everywhere.
const COMPARED_MIN: u64 = 4096;

/// Files of equal content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Bytes of one.
    pub bytes: u64,
    /// Their paths, in byte order: two or more.
    pub paths: Vec<String>,
}

impl Copies {
    /// Bytes of all but one.
    pub fn wasted(&self) -> u64 {
        self.bytes.saturating_mul(self.paths.len().saturating_sub(1) as u64)
    }
}

/// A file that no container sees, because of a layer above its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Its path.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// The layer that it is in, counted from 0, the lowest.
    pub layer: usize,
    /// The layer whose file is seen instead; `None` where it was removed.
    pub replaced_by: Option<usize>,
}

pub(super) fn copies(tree: &Tree<'_>) -> Vec<Copies> {
    let mut by_content: BTreeMap<Digest, Copies> = BTreeMap::new();
    for (name, found) in files(tree).filter(|(_, found)| found.entry.size >= COMPARED_MIN) {
        let Some(digest) = content::of(found.entry) else { continue };
        let new = || Copies { bytes: found.entry.size, paths: Vec::new() };
        by_content.entry(digest).or_insert_with(new).paths.push(name.to_owned());
    }
    let mut copies: Vec<_> = by_content.into_values().filter(|one| one.paths.len() > 1).collect();
    copies.sort_by(|a, b| b.wasted().cmp(&a.wasted()).then_with(|| a.paths.cmp(&b.paths)));
    copies
}

pub(super) fn hidden(view: &ImageView, tree: &Tree<'_>) -> Vec<Hidden> {
    let mut hidden = Vec::new();
    for (layer, survey) in view.surveys() {
        for entry in survey.entries.iter().filter(|entry| matches!(entry.kind, Kind::File | Kind::Sparse)) {
            let seen = tree.get(entry.name());
            if entry.whiteout().is_some() || seen.is_some_and(|seen| seen.layer == layer) {
                continue;
            }
            let replaced_by = seen.map(|seen| seen.layer);
            hidden.push(Hidden { path: entry.name().to_owned(), bytes: entry.size, layer, replaced_by });
        }
    }
    hidden.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    hidden
}
