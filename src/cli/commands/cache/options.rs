//! The options of `cache info` and `cache prune`.

use lambda_img::reference::Reference;

use crate::cli::options::registries::Network;
use crate::cli::options::{references, values};

/// The seconds of a day.
pub const DAY: i64 = 24 * 60 * 60;

#[derive(clap::Args)]
#[group(skip)]
pub struct CacheInfo {
    /// Show the entries that machines share in this repository (--registry-cache of build)
    #[arg(long, value_name = "HOST/REPOSITORY", value_parser = references::repository)]
    pub registry: Option<Reference>,
    #[command(flatten)]
    pub net: Network,
    /// Print one JSON object (docs/schemas/cache-info.json)
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
#[group(skip)]
pub struct CachePrune {
    /// Remove entries that machines share in this repository; needs a limit
    #[arg(long, value_name = "HOST/REPOSITORY", value_parser = references::repository)]
    pub registry: Option<Reference>,
    /// Keep at most this much: bytes, or a size such as 5GB or 500MiB
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_size: Option<u64>,
    /// Remove what was not used for this many days
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<u32>,
    /// Remove entries of the repository that this version does not read
    #[arg(long, requires = "registry")]
    pub other_formats: bool,
    /// Remove the entry of the repository with this tag
    #[arg(long, value_name = "TAG", requires = "registry", conflicts_with_all = ["max_size", "older_than", "other_formats"])]
    pub entry: Option<String>,
    /// Print what would be removed from the repository, and remove nothing
    #[arg(long, requires = "registry")]
    pub dry_run: bool,
    #[command(flatten)]
    pub net: Network,
    /// Print one JSON object (docs/schemas/cache-prune.json)
    #[arg(long)]
    pub json: bool,
}
