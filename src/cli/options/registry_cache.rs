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
    ///
    /// The value none writes nothing, whatever the settings say.
    #[arg(help_heading = CACHE, hide_short_help = true, long = "registry-cache-write", value_name = "HOST/REPOSITORY", value_parser = write_to)]
    pub write: Option<WriteTo>,

    /// Compare this share of the entries of --registry-cache with what is made here, and fail if one differs: 5%, or all
    #[arg(help_heading = CACHE, hide_short_help = true, long = "registry-cache-verify", value_name = "SHARE")]
    pub verify: Option<Share>,
}

/// Where new layers are written.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum WriteTo {
    /// Nowhere: what jobs say that must not write, whatever the settings of a checkout say.
    Nowhere,
    /// To this repository.
    Repository(Reference),
}

fn write_to(text: &str) -> Result<WriteTo, String> {
    match text {
        "none" => Ok(WriteTo::Nowhere),
        text => references::repository(text).map(WriteTo::Repository),
    }
}

impl RegistryCacheOptions {
    /// The repository that new layers are written to.
    pub fn writes_to(&self) -> Option<&Reference> {
        match self.write.as_ref()? {
            WriteTo::Nowhere => None,
            WriteTo::Repository(repository) => Some(repository),
        }
    }

    /// The same context with these repositories.
    pub fn in_context(&self, context: Context) -> Context {
        let (read, write, verify) = (self.read.clone(), self.writes_to().cloned(), self.verify);
        context.with_registry_cache(
            Repositories { read, write, verify, ..Repositories::default() },
            clock::nanoseconds(clock::now()),
        )
    }
}
