//! The options about checks that run before something is published.

use lambda_img::arch::Arch;
use lambda_img::check::{Accepted, Expectations};
use lambda_img::examine::Checking;

use crate::cli::show::error::CliError;

/// What is accepted of what is found before something is published.
#[derive(clap::Args, Clone, Default)]
pub struct Checks {
    /// Publish in spite of what a check finds; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Check the layers of the base, too, and those that only pass from registry to registry
    #[arg(long)]
    pub deep: bool,
}

impl Checks {
    /// The same as the line takes it.
    pub fn checking(self, runtime: Option<String>, arch: Option<Arch>) -> Result<Checking, CliError> {
        let accepted = Accepted::new(self.allow, Vec::new()).map_err(CliError::Check)?;
        let wishes = Expectations { arch, ..Expectations::default() };
        Ok(Checking { runtime, deep: self.deep, wishes, accepted, ask_base: false })
    }
}
