//! `Found`: an entry that a repository has.

use super::config::EntryConfig;
use super::entry_name::EntryName;
use crate::reference::Reference;

/// An entry that was found.
pub struct Found {
    /// What it is of.
    pub name: EntryName,
    /// The repository that has it.
    pub at: Reference,
    /// What it says.
    pub config: EntryConfig,
}
