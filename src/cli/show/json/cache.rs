//! The objects of `cache info`, `verify` and `prune`.

use lambda_img::store::cache;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::Version;

/// What is kept.
#[derive(Serialize, JsonSchema)]
pub struct Info {
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

/// What was removed, and what is left. Sizes are bytes.
#[derive(Serialize, JsonSchema)]
pub struct Prune {
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
    /// Images that were unpacked to run.
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
