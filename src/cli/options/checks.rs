//! The options of the checks that run before an image is published.

use lambda_img::arch::Arch;
use lambda_img::check::{Expectations, Policy};
use lambda_img::examine::CheckOptions;

use super::headings::CHECKS;
use crate::cli::show::error::CliError;

/// Which findings are accepted before an image is published.
#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Checks {
    /// Publish although this check finds something; repeatable
    ///
    /// `lambda-img explain` lists the checks.
    #[arg(help_heading = CHECKS, hide_short_help = true, long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Check the layers of the base too, and layers that are copied between registries
    #[arg(help_heading = CHECKS, hide_short_help = true, long, alias = "deep")]
    pub all_layers: bool,
}

impl Checks {
    /// The same as the line takes it.
    pub fn checking(self, runtime: Option<String>, arch: Option<Arch>) -> Result<CheckOptions, CliError> {
        let policy = Policy::new(self.allow, Vec::new()).map_err(CliError::Check)?;
        let expectations = Expectations { arch, ..Expectations::default() };
        Ok(CheckOptions { runtime, deep: self.all_layers, expectations, policy, ask_base: false })
    }
}
