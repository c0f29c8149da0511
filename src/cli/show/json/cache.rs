//! The objects of `cache info`, `verify` and `prune`.

use lambda_img::store::cache;
use schemars::JsonSchema;
use serde::Serialize;

use super::registry_cache;
use super::values::Version;

/// What is kept: on this machine, or with --registry in a repository.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Info {
    Local(LocalInfo),
    Registry(registry_cache::Info),
}

#[derive(Serialize, JsonSchema)]
pub struct LocalInfo {
    pub version: Version<1>,
    /// The directory of the cache.
    pub path: String,
    #[serde(flatten)]
    pub kept: Kept,
}

/// What was found whole, and what was removed.
#[derive(Serialize, JsonSchema)]
pub struct Verify {
    pub version: Version<1>,
    /// The directory of the cache.
    pub path: String,
    /// Files.
    pub whole: usize,
    /// Files that were corrupt.
    pub removed: Vec<String>,
}

/// What was removed, and what is left: on this machine, or with --registry in a repository. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Prune {
    Local(LocalPrune),
    Registry(registry_cache::Prune),
}

#[derive(Serialize, JsonSchema)]
pub struct LocalPrune {
    pub version: Version<1>,
    /// The directory of the cache.
    pub path: String,
    /// Files.
    pub removed: usize,
    pub freed: u64,
    pub left: Kept,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Kept {
    /// Whole files.
    blobs: usize,
    /// Files of which a part was fetched.
    partial: usize,
    /// Small files about others.
    records: usize,
    /// Images that were unpacked to run, and layers that several of them have.
    roots: usize,
    /// Of all of them.
    bytes: u64,
}

impl From<cache::Info> for Kept {
    fn from(info: cache::Info) -> Self {
        let cache::Info { blobs, partial, records, roots, bytes } = info;
        Self { blobs, partial, records, roots, bytes }
    }
}
