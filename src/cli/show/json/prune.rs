//! The object of `prune`.

use lambda_img::digest;
use lambda_img::prune::{Plan, Reason};
use lambda_img::reference::Reference;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Digest, Version};

/// What goes and what stays in repositories. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
pub struct Prune {
    version: Version<1>,
    repositories: Vec<Repository>,
}

impl Prune {
    pub fn of(repositories: Vec<Repository>) -> Self {
        Self { version: Version, repositories }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Repository {
    /// HOST/REPOSITORY.
    repository: String,
    /// Whether it was deleted: only with --delete.
    deleted: bool,
    /// Whether it was archived: only with --archive.
    archived: bool,
    /// What goes, in the order of deletion.
    delete: Vec<Digest>,
    keep: Vec<Kept>,
    /// The most bytes that the repository has less.
    bytes: u64,
    /// With exit code 1: what the registry did not delete or archive.
    not_deleted: Vec<NotDeleted>,
}

#[derive(Serialize, JsonSchema)]
pub struct Kept {
    digest: Digest,
    reason: Why,
}

/// Why an image stays.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Why {
    Used,
    Pinned,
    Young,
    Last,
    Belongs,
}

#[derive(Serialize, JsonSchema)]
pub struct NotDeleted {
    digest: Digest,
    /// For people.
    why: String,
}

impl Repository {
    pub fn of(
        repository: &Reference,
        plan: &Plan,
        (deleted, archived): (bool, bool),
        left: Vec<(digest::Digest, String)>,
    ) -> Self {
        let kept = |(digest, reason): (&digest::Digest, &Reason)| Kept {
            digest: (*digest).into(),
            reason: match reason {
                Reason::Used => Why::Used,
                Reason::Pinned => Why::Pinned,
                Reason::Young => Why::Young,
                Reason::Last => Why::Last,
                Reason::Belongs => Why::Belongs,
            },
        };
        Self {
            repository: repository.to_string(),
            deleted,
            archived,
            delete: plan.delete.iter().flatten().map(|digest| (*digest).into()).collect(),
            keep: plan.keep.iter().map(kept).collect(),
            bytes: plan.bytes,
            not_deleted: left
                .into_iter()
                .map(|(digest, why)| NotDeleted { digest: digest.into(), why })
                .collect(),
        }
    }
}
