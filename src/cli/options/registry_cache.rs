//! The options of the registry as a cache.

use lambda_img::context::Context;
use lambda_img::reference::Reference;
use lambda_img::registry_cache::{Repositories, Share};

use super::headings::CACHE;
use super::references;
use crate::cli::show::clock;

/// Repositories that machines share layers through.
#[derive(clap::Args, Clone, Default, PartialEq, Eq, Hash)]
#[group(skip)]
pub struct RegistryCacheOptions {
    /// Take layers that other machines made from this repository; repeatable
    ///
    /// The writers of the repository decide what the image holds.
    #[arg(help_heading = CACHE, hide_short_help = true, long = "registry-cache", value_name = "HOST/REPOSITORY", value_parser = references::repository)]
    pub read: Vec<Reference>,

    /// Write new layers to this repository, for other machines
    #[arg(help_heading = CACHE, hide_short_help = true, long = "registry-cache-write", value_name = "HOST/REPOSITORY", value_parser = references::repository)]
    pub write: Option<Reference>,

    /// Compare this share of the entries of --registry-cache with what is made here, and fail if one differs: 5%, or all
    #[arg(help_heading = CACHE, hide_short_help = true, long = "registry-cache-verify", value_name = "SHARE")]
    pub verify: Option<Share>,
}

impl RegistryCacheOptions {
    /// The same context with these repositories.
    pub fn in_context(&self, context: Context) -> Context {
        let Self { read, write, verify } = self.clone();
        context.with_registry_cache(
            Repositories { read, write, verify, ..Repositories::default() },
            clock::nanoseconds(clock::now()),
        )
    }
}
