//! `--base-repository`: where pinned bases are read from instead of their own registries.

use lambda_img::context::Context;
use lambda_img::reference::Reference;
use lambda_img::registry::Copies;

use super::headings::IMAGE;
use super::references;

/// The repository with copies of pinned bases.
#[derive(clap::Args, Clone, Default, PartialEq, Eq, Hash)]
#[group(skip)]
pub struct BaseRepository {
    /// Read pinned bases from this repository, which `base sync` copies them to
    ///
    /// Digests stay the same. A base that the repository lacks is read from its own registry, with a warning.
    #[arg(help_heading = IMAGE, hide_short_help = true, long, value_name = "HOST/REPOSITORY", value_parser = references::repository)]
    pub base_repository: Option<Reference>,
}

impl BaseRepository {
    /// The same context with this repository.
    pub fn in_context(&self, context: Context) -> Context {
        Context { base_copies: self.base_repository.clone().map(Copies::new), ..context }
    }
}
