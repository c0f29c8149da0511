//! An entry of the registry cache that is not true.

use crate::digest::Digest;
use crate::registry_cache::{BadEntry, EntryName, Hindrance};

/// An entry of the registry cache that is not the one that this machine makes of the same: another program wrote it, or
/// the step does not write the same files each time.
#[derive(Debug, thiserror::Error)]
#[error("{what}: the entry `{}` of `{repository}` {how}", name.tag())]
pub struct SharedDiffers {
    /// The step, or the layer.
    pub what: String,
    /// The repository.
    pub repository: String,
    /// What the entry is of.
    pub name: EntryName,
    /// How the entry differs.
    pub how: Difference,
}

/// How an entry differs from what was made of the same. A clause about the entry.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Difference {
    /// It has another layer.
    #[error("has {}, but {} was made{}", shown(.found), shown(.made), different(.file))]
    Layer {
        /// The layer of the repository; none of a step that wrote nothing.
        found: Option<Digest>,
        /// The layer that was made.
        made: Option<Digest>,
        /// The first file that differs, where it is known.
        file: Option<String>,
    },
    /// It has the same layer, and says something else of it.
    #[error("says something else of its layer: {0}")]
    Entry(BadEntry),
    /// It has other warnings than the step gives.
    #[error("has other warnings than the step gives")]
    Warnings,
    /// It has a layer that the repository does not have.
    #[error("has a layer that the repository does not have")]
    Missing,
    /// The registry does not answer, so that nothing is known of it.
    #[error("is not verified: {0}")]
    Unanswered(String),
    /// The registry does not accept the credentials or refuses the entry, so that nothing is known of it.
    #[error("is not verified: {0}")]
    Denied(String),
    /// The repository has it, and it cannot be used.
    #[error("is damaged: {0}")]
    Damaged(String),
}

impl Difference {
    /// Of an entry that is not compared, because of `why`.
    pub fn of(why: String, hindrance: Hindrance) -> Self {
        match hindrance {
            Hindrance::Damaged => Self::Damaged(why),
            Hindrance::Denied => Self::Denied(why),
            Hindrance::Silent => Self::Unanswered(why),
        }
    }
}

fn shown(layer: &Option<Digest>) -> String {
    layer.map_or_else(|| "no layer".to_owned(), |digest| digest.to_string())
}

fn different(file: &Option<String>) -> String {
    file.as_ref().map(|file| format!("; the first file that differs is `/{file}`")).unwrap_or_default()
}
