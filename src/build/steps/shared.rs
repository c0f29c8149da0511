//! What a step made, as other machines have it: between the records of steps and the entries of a registry.

use crate::build::shared_layers::Sharable;
use crate::image::Layer;
use crate::registry_cache::table::Row;
use crate::registry_cache::{EntryConfig, EntryName, Found};
use crate::step::{Entry, EntryKind, StepRecord};

/// What is remembered of a step whose entry was found.
pub fn record(found: &Found) -> StepRecord {
    let EntryConfig { packed, files, warnings, .. } = &found.config;
    let entry = |row: &Row| {
        let kind = match (row.size, row.target.clone()) {
            (_, Some(target)) => EntryKind::Link { target },
            (Some(size), _) => EntryKind::File { size, executable: row.bit },
            (None, _) => EntryKind::Dir { sticky: row.bit },
        };
        Entry { path: row.path.clone(), kind }
    };
    StepRecord { packed: *packed, entries: files.iter().map(entry).collect(), warnings: warnings.clone() }
}

/// What other machines can have of a step of this name.
pub fn sharable(name: EntryName, step: &str, record: &StepRecord, layer: Option<&Layer>) -> Sharable {
    let row = |entry: &Entry| {
        let (size, bit, target) = match &entry.kind {
            EntryKind::Dir { sticky } => (None, *sticky, None),
            EntryKind::File { size, executable } => (Some(*size), *executable, None),
            EntryKind::Link { target } => (None, false, Some(target.clone())),
        };
        Row { path: entry.path.clone(), size, bit, target }
    };
    Sharable {
        name,
        role: step.to_owned(),
        files: record.entries.iter().map(row).collect(),
        warnings: record.warnings.clone(),
        layer: record.packed.zip(layer.cloned()),
    }
}
