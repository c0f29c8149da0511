//! Chooses entries of a repository that are to go, and deletes them.

use std::num::NonZeroUsize;

use super::list::{ListedEntry, Listing};
use crate::credentials::{NotDeleted, RepositoryImages};
use crate::date::Date;
use crate::digest::Digest;
use crate::reference::Reference;
use crate::registry::{Registries, RegistryError};
use crate::work::try_parallel;

/// Which entries go. Without any limit none does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryLimits {
    /// The most bytes of all entries: the least recently used go.
    pub max_size: Option<u64>,
    /// Entries that were last used before this day go.
    pub used_since: Option<Date>,
    /// Whether entries go that this version does not read: those of other formats, and those without a tag.
    pub other_formats: bool,
}

/// The entries that go, least recently used first. One whose day is not known counts as the least recently used, and not
/// as one that was last used before some day.
pub fn to_delete<'l>(listing: &'l Listing, limits: &EntryLimits) -> Vec<&'l ListedEntry> {
    // Sizes are what manifests say: their sum need not fit into fewer bits.
    let mut left: u128 = listing.entries.iter().map(|entry| u128::from(entry.size)).sum();
    let mut go = Vec::new();
    let mut kept = Vec::new();
    let is_old =
        |entry: &ListedEntry| limits.used_since.zip(entry.used).is_some_and(|(since, used)| used < since);
    for entry in listing.entries.iter().rev() {
        if is_old(entry) || (limits.other_formats && entry.kind.is_none()) {
            left -= u128::from(entry.size);
            go.push(entry);
        } else {
            kept.push(entry);
        }
    }
    for entry in kept {
        if limits.max_size.is_none_or(|most| left <= u128::from(most)) {
            break;
        }
        left -= u128::from(entry.size);
        go.push(entry);
    }
    go
}

/// Deletes entries of `repository`. Returns those that were not deleted; one that does not exist is not among them.
///
/// # Errors
/// [`RegistryError`]; some may be deleted then.
pub fn delete(
    registries: &Registries,
    images: Option<&dyn RepositoryImages>,
    repository: &Reference,
    digests: &[Digest],
    jobs: NonZeroUsize,
) -> Result<Vec<NotDeleted>, RegistryError> {
    let (host, name) = (repository.registry(), repository.repository());
    let done = images.map(|images| images.delete(host, name, digests)).transpose();
    match done.map_err(|source| RegistryError::administration(repository, source))?.flatten() {
        Some(left) => Ok(left),
        None => {
            try_parallel(jobs, digests, |digest| registries.delete_manifest(repository, *digest))?;
            Ok(Vec::new())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry_name::EntryKind;
    use super::*;

    fn listing(entries: &[(&str, u64, Option<&str>, bool)]) -> Listing {
        let entry = |(name, size, used, is_read): &(&str, u64, Option<&str>, bool)| ListedEntry {
            digest: Digest::of(name.as_bytes()),
            tag: Some((*name).to_owned()),
            more_tags: Vec::new(),
            kind: is_read.then_some(EntryKind::Step),
            size: *size,
            written: None,
            used: used.map(|used| used.parse().unwrap()),
        };
        Listing { entries: entries.iter().map(entry).collect(), ..Listing::default() }
    }

    #[test]
    fn the_least_recently_used_go_and_those_of_other_formats() {
        let (new, old) = (Some("2026-11-27"), Some("2026-11-01"));
        let all =
            listing(&[("a", 5, new, true), ("b", 5, new, false), ("c", 5, old, true), ("d", 5, None, true)]);
        let go = |limits: EntryLimits| -> String {
            to_delete(&all, &limits).iter().filter_map(|entry| entry.tag.as_deref()).collect()
        };
        let none = EntryLimits::default();
        assert_eq!(go(none), "");
        assert_eq!(go(EntryLimits { other_formats: true, ..none }), "b");
        let used_since = Some("2026-11-27".parse().unwrap());
        assert_eq!(go(EntryLimits { used_since, ..none }), "c");
        assert_eq!(go(EntryLimits { max_size: Some(12), ..none }), "dc");
        assert_eq!(go(EntryLimits { max_size: Some(5), other_formats: true, ..none }), "bdc");
        assert_eq!(go(EntryLimits { max_size: Some(0), ..none }), "dcba");
        assert_eq!(go(EntryLimits { max_size: Some(20), ..none }), "");
    }
}
