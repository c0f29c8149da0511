//! `EntryName`: what an entry is of, and the tag that it has in a registry.

use crate::key::Key;

/// What the tags of all entries begin with, whatever their format.
pub const TAG_PREFIX: &str = "cache-";

/// The format of entries, in their tags and in their configurations.
pub const FORMAT: u32 = 2;

/// What an entry is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// What a step made.
    Step,
    /// What a tree of files became.
    Layer,
}

impl EntryKind {
    /// Its name in tags and annotations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Layer => "layer",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Step, Self::Layer].into_iter().find(|kind| kind.name() == name)
    }
}

/// The name of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryName {
    /// What it is of.
    pub kind: EntryKind,
    /// The key of all that decides it.
    pub key: Key,
}

impl EntryName {
    /// The tag that the entry has.
    pub fn tag(&self) -> String {
        format!("{TAG_PREFIX}{FORMAT}-{}-{}", self.kind.name(), self.key)
    }
}
