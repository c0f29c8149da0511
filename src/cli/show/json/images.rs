//! The object of `images`.

use std::collections::BTreeMap;

use lambda_img::credentials::RepositoryImage;
use lambda_img::deploy::Use;
use lambda_img::digest;
use lambda_img::reference::Reference;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Digest, Version};

/// The images of repositories, newest first. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
pub struct Images<'a> {
    version: Version<1>,
    repositories: Vec<Repository<'a>>,
}

impl<'a> Images<'a> {
    pub fn of(repositories: Vec<Repository<'a>>) -> Self {
        Self { version: Version, repositories }
    }
}

#[derive(Serialize, JsonSchema)]
pub struct Repository<'a> {
    /// HOST/REPOSITORY.
    repository: String,
    images: Vec<Image<'a>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Image<'a> {
    /// Of the manifest.
    digest: Digest,
    tags: &'a [String],
    bytes: u64,
    /// Seconds since 1970.
    pushed: i64,
    /// Seconds since 1970; null if the registry does not say.
    pulled: Option<i64>,
    /// With --in-use: the versions of functions that use it; otherwise null.
    used_by: Option<Vec<UsedBy<'a>>>,
    /// With --in-use: how many tasks of Amazon ECS and pods of Amazon EKS run it; null if Amazon Inspector does not say.
    tasks_and_pods: Option<u64>,
}

/// A version of a function.
#[derive(Serialize, JsonSchema)]
pub struct UsedBy<'a> {
    account: &'a str,
    function: &'a str,
    /// A number, or $LATEST.
    function_version: &'a str,
    /// The aliases that name the version.
    aliases: &'a [String],
    /// Whether Lambda starts the version from a snapshot.
    snapstart: bool,
    /// The provisioned concurrency of the version and of these aliases.
    provisioned_concurrency: u64,
    /// Durable executions of the version that have not ended.
    durable_executions: usize,
}

/// The uses of each digest, and how many tasks and pods run it.
type InUse<'a> =
    (&'a BTreeMap<digest::Digest, Vec<(String, Use)>>, Option<&'a BTreeMap<digest::Digest, u64>>);

impl<'a> Repository<'a> {
    /// `in_use` has the uses of each digest, each with its account, and how many tasks and pods run it.
    pub fn of(repository: &Reference, images: &'a [RepositoryImage], in_use: Option<InUse<'a>>) -> Self {
        let (used, running) = in_use.map_or((None, None), |(used, running)| (Some(used), running));
        let by = |(account, by): &'a (String, Use)| UsedBy {
            account,
            function: &by.function,
            function_version: &by.version,
            aliases: &by.aliases,
            snapstart: by.snapstart,
            provisioned_concurrency: by.provisioned,
            durable_executions: by.executions,
        };
        let uses = |digest: &digest::Digest| {
            used.map(|used| used.get(digest).into_iter().flatten().map(by).collect::<Vec<_>>())
        };
        let image = |image: &'a RepositoryImage| Image {
            digest: image.digest.into(),
            tags: &image.tags,
            bytes: image.size,
            pushed: image.pushed,
            pulled: image.pulled,
            used_by: uses(&image.digest),
            tasks_and_pods: running.map(|all| all.get(&image.digest).copied().unwrap_or_default()),
        };
        Self { repository: repository.to_string(), images: images.iter().map(image).collect() }
    }
}
