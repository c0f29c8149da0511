//! The Linux distribution of an image.

use super::read::OS_RELEASE;
use crate::survey::{Resolved, Tree};

/// A Linux distribution (`os-release`, freedesktop.org).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Its identifier, as `amzn` or `debian`.
    pub id: String,
    /// Its version, as `2023`.
    pub version: Option<String>,
}

/// The distribution that an image names.
pub fn of(tree: &Tree<'_>) -> Option<Distribution> {
    let text = OS_RELEASE.iter().find_map(|path| match tree.resolve("", path) {
        Resolved::At(found) => tree.content(found)?.entry.text(),
        _ => None,
    })?;
    let value = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(name, _)| name.trim() == key)?;
        let value = value.trim().trim_matches(['"', '\'']);
        let is_word = !value.is_empty() && value.len() <= 64 && value.chars().all(is_of_word);
        is_word.then(|| value.to_owned())
    };
    Some(Distribution { id: value("ID")?, version: value("VERSION_ID") })
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c)
}
