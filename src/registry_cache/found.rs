//! `Found`: an entry that a repository has.

use super::bad_entry_error::BadEntry;
use super::config::EntryConfig;
use super::entry_name::EntryName;
use super::table::{self, Row};
use crate::digest::Digest;
use crate::epoch::Epoch;
use crate::reference::Reference;
use crate::survey::{Entry, Survey};
use crate::tree::ImagePath;

/// An entry that was found.
pub struct Found {
    /// What it is of.
    pub name: EntryName,
    /// The repository that has it.
    pub at: Reference,
    /// What it says.
    pub config: EntryConfig,
    /// The digest of what it says.
    pub said: Digest,
    /// Whether the repository had it when this process asked; if not, it is remembered.
    pub is_fresh: bool,
}

impl Found {
    /// What checks of this `version` would find in its layer, as it says; `None` if it does not say that.
    pub fn survey(&self, version: &str, epoch: Epoch) -> Option<Survey> {
        let EntryConfig { packed, files, checks, .. } = &self.config;
        let (packed, (of, facts)) = packed.as_ref().zip(checks.as_ref())?;
        (of == version).then(|| table::survey(packed, files, facts, epoch))
    }

    /// Makes sure that all of its files are below a directory, with the directories that lead there.
    ///
    /// # Errors
    /// [`BadEntry::Outside`].
    pub fn is_below(&self, directory: Option<&ImagePath>) -> Result<(), BadEntry> {
        let Some(directory) = directory.map(ImagePath::as_str) else { return Ok(()) };
        let is_in = |path: &str, directory: &str| {
            path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
        };
        let leads_there = |row: &Row| {
            row.size.is_none()
                && row.target.is_none()
                && (row.path == directory || is_in(directory, &row.path))
        };
        let outside = |row: &&Row| !is_in(&row.path, directory) && !leads_there(row);
        match self.config.files.iter().find(outside) {
            Some(row) => Err(BadEntry::Outside(row.path.clone())),
            None => Ok(()),
        }
    }

    /// Holds it to its layer, in which checks of this `version` found `real`.
    ///
    /// # Errors
    /// [`BadEntry`]: the layer is not what the entry says.
    pub fn is_of(&self, real: &Survey, version: &str, epoch: Epoch) -> Result<(), BadEntry> {
        let Some(packed) = &self.config.packed else { return Ok(()) };
        if let Some(damage) = &real.damage {
            return Err(BadEntry::Form(format!("its layer is damaged: {damage}")));
        }
        if real.diff_id != packed.diff_id {
            return Err(BadEntry::DiffId { expected: packed.diff_id, found: real.diff_id });
        }
        let claim = self.survey(version, epoch);
        let has_facts = claim.is_some();
        let said = claim.unwrap_or_else(|| table::survey(packed, &self.config.files, &Vec::new(), epoch));
        for (said, real) in said.entries.iter().zip(&real.entries) {
            if !is_same_file(said, real) {
                return Err(BadEntry::OtherFile(real.name().to_owned()));
            }
            if has_facts && said.facts != real.facts {
                return Err(BadEntry::OtherFacts(real.name().to_owned()));
            }
        }
        let rest = real.entries.get(said.entries.len()).or_else(|| said.entries.get(real.entries.len()));
        match rest {
            Some(entry) => Err(BadEntry::OtherFile(entry.name().to_owned())),
            None if (real.tar_size, real.trailing_bytes, real.stored) == (said.tar_size, 0, said.stored) => {
                Ok(())
            }
            None => Err(BadEntry::Contradiction("its layer is not stored as layers are")),
        }
    }
}

/// Whether two entries are the same but for what checks see in them.
fn is_same_file(one: &Entry, other: &Entry) -> bool {
    let Entry { path, kind, size, mode, owner, mtime, link, pax, facts: _ } = one;
    let same_place = (path, kind, link) == (&other.path, &other.kind, &other.link);
    same_place
        && (size, mode, owner) == (&other.size, &other.mode, &other.owner)
        && (mtime, pax) == (&other.mtime, &other.pax)
}
