//! `Policy`: which findings the user allows or denies.

use super::all::known;
use super::definition::{Check, Level};
use super::error::UnknownCheck;

/// Which findings are accepted, and which are denied.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    allow: Vec<String>,
    deny: Vec<String>,
}

impl Policy {
    /// Accepts what the checks `allow` find, and denies what the checks `deny` do.
    ///
    /// # Errors
    /// [`UnknownCheck`].
    pub fn new(allow: Vec<String>, deny: Vec<String>) -> Result<Self, UnknownCheck> {
        allow.iter().chain(&deny).try_for_each(|id| known(id).map(drop))?;
        Ok(Self { allow, deny })
    }

    /// The names of the checks whose findings are accepted, and of those whose findings are denied.
    pub fn names(&self) -> (&[String], &[String]) {
        let Self { allow, deny } = self;
        (allow, deny)
    }

    /// The level of the findings of `check`: its own, or the one of the policy.
    pub fn level(&self, check: &Check) -> Level {
        if self.deny.iter().any(|id| id == check.id) { Level::Deny } else { check.level }
    }

    /// Whether the user accepts what `check` finds.
    pub fn allows(&self, check: &Check) -> bool {
        self.allow.iter().any(|id| id == check.id)
    }
}
