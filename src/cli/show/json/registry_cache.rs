//! What a build says of the registry cache, and `cache info` and `cache prune` of the entries in a repository.

use std::collections::BTreeSet;

use lambda_img::credentials::NotDeleted;
use lambda_img::date::Date;
use lambda_img::reference::Reference;
use lambda_img::registry_cache::{EntryKind, Exchanged, ListedEntry, Listing};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Day, Digest, Version};

/// Each entry counts once, however many functions have it.
#[derive(Serialize, JsonSchema)]
pub struct RegistryCache {
    /// Steps that did not run, because another machine ran them.
    steps_taken: usize,
    /// Trees of files that were not packed, because another machine packed them.
    layers_taken: usize,
    /// Entries that were written.
    written: usize,
    /// Entries that were made and not written, because the repository had them by then.
    made_twice: usize,
    /// With --registry-cache-verify: what was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<Verified>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Verified {
    /// Entries that were compared with what was made here, and are true.
    entries: usize,
    /// Entries that were found.
    of: usize,
}

impl From<Exchanged> for RegistryCache {
    fn from(Exchanged { steps, layers, written, made_twice, already_there, compared }: Exchanged) -> Self {
        let verified = compared.map(|compared| Verified { entries: compared.verified, of: compared.found });
        let made_twice = made_twice + already_there;
        Self { steps_taken: steps, layers_taken: layers, written, made_twice, verified }
    }
}

/// The entries in a repository. Sizes are bytes; entries can share blobs, so that a sum is the most that they need.
#[derive(Serialize, JsonSchema)]
pub struct Info {
    version: Version<1>,
    /// HOST/REPOSITORY.
    pub repository: String,
    pub steps: Sum,
    pub layers: Sum,
    /// Entries that this version does not read.
    pub other_formats: Sum,
    pub total: Sum,
    pub last_used: LastUsed,
    /// Images of the repository that are not entries.
    pub other_images: usize,
}

/// Entries by the days since their last use. Each entry is in one of these.
#[derive(Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct LastUsed {
    pub days_0_to_7: Sum,
    pub days_8_to_30: Sum,
    pub days_over_30: Sum,
    pub unknown: Sum,
}

#[derive(Default, Serialize, JsonSchema)]
pub struct Sum {
    pub entries: usize,
    pub bytes: u64,
}

/// What was removed from a repository. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
pub struct Prune {
    version: Version<1>,
    /// HOST/REPOSITORY.
    repository: String,
    /// Whether nothing was removed, and this is what would be.
    dry_run: bool,
    /// Least recently used first.
    pub removed: Vec<Removed>,
    pub freed: u64,
    pub left: Sum,
    /// With exit code 1: entries that the registry did not remove.
    pub not_removed: Vec<NotRemoved>,
}

#[derive(Serialize, JsonSchema)]
pub struct Removed {
    /// Of the manifest.
    digest: Digest,
    /// Null if the entry has none.
    tag: Option<String>,
    /// What it is of; null if this version does not read it.
    kind: Option<Kind>,
    bytes: u64,
    /// Null if the registry does not say.
    last_used: Option<Day>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Kind {
    Step,
    Layer,
}

#[derive(Serialize, JsonSchema)]
pub struct NotRemoved {
    /// Of the manifest.
    digest: Digest,
    /// For people.
    why: String,
}

impl From<NotDeleted> for NotRemoved {
    fn from(left: NotDeleted) -> Self {
        Self { digest: left.digest.into(), why: left.why }
    }
}

impl Sum {
    fn add(&mut self, entry: &ListedEntry) {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(entry.size);
    }
}

impl Info {
    pub fn of(repository: &Reference, listing: &Listing, today: Date) -> Self {
        let mut info = Self {
            version: Version,
            repository: repository.to_string(),
            steps: Sum::default(),
            layers: Sum::default(),
            other_formats: Sum::default(),
            total: Sum::default(),
            last_used: LastUsed::default(),
            other_images: listing.others,
        };
        for entry in &listing.entries {
            let kind = match entry.kind {
                Some(EntryKind::Step) => &mut info.steps,
                Some(EntryKind::Layer) => &mut info.layers,
                None => &mut info.other_formats,
            };
            kind.add(entry);
            let age = match entry.used.map(|used| used.days_until(today)) {
                Some(..=7) => &mut info.last_used.days_0_to_7,
                Some(..=30) => &mut info.last_used.days_8_to_30,
                Some(_) => &mut info.last_used.days_over_30,
                None => &mut info.last_used.unknown,
            };
            age.add(entry);
            info.total.add(entry);
        }
        info
    }
}

impl Prune {
    pub fn of(
        repository: &Reference,
        dry_run: bool,
        listing: &Listing,
        go: &[&ListedEntry],
        not_removed: Vec<NotDeleted>,
    ) -> Self {
        let stays: BTreeSet<_> = not_removed.iter().map(|one| one.digest).collect();
        let gone: Vec<_> = go.iter().filter(|entry| !stays.contains(&entry.digest)).collect();
        let digests: BTreeSet<_> = gone.iter().map(|entry| entry.digest).collect();
        let mut left = Sum::default();
        let kept = listing.entries.iter().filter(|entry| !digests.contains(&entry.digest));
        kept.for_each(|entry| left.add(entry));
        let freed = gone.iter().map(|entry| entry.size).fold(0, u64::saturating_add);
        let removed = gone.iter().map(|entry| Removed::of(entry)).collect();
        let (repository, not_removed) =
            (repository.to_string(), not_removed.into_iter().map(Into::into).collect());
        Self { version: Version, repository, dry_run, removed, freed, left, not_removed }
    }
}

impl Removed {
    fn of(entry: &ListedEntry) -> Self {
        let kind = entry.kind.map(|kind| match kind {
            EntryKind::Step => Kind::Step,
            EntryKind::Layer => Kind::Layer,
        });
        Self {
            digest: entry.digest.into(),
            tag: entry.tag.clone(),
            kind,
            bytes: entry.size,
            last_used: entry.used.map(Into::into),
        }
    }
}
