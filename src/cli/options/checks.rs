//! The options about checks that run before something is published.

use lambda_img::arch::Arch;
use lambda_img::check::{Expectations, Policy};
use lambda_img::examine::CheckOptions;

use crate::cli::show::error::CliError;

/// What is accepted of what is found before something is published.
#[derive(clap::Args, Clone, Default)]
#[group(skip)]
pub struct Checks {
    /// Publish in spite of what a check finds; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Check the layers of the base, too, and those that only pass from registry to registry
    #[arg(long, alias = "deep")]
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
