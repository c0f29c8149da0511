//! The options of commands that read images and do not write any, and the context that the options become.

use lambda_img::context::Context;
use lambda_img::source::ImageRef;
use lambda_img::work::Run;

use super::interrupt;
use super::jobs::Jobs;
use super::registries::Network;
use crate::cli::show::error::CliError;

/// How images are read.
#[derive(clap::Args)]
#[group(skip)]
pub struct ReadOptions {
    #[command(flatten)]
    pub net: Network,

    #[command(flatten)]
    pub jobs: Jobs,
}

impl ReadOptions {
    /// Makes the context to read these images, which ends when the user interrupts. `--username` applies to the only
    /// registry that they are in.
    pub fn begin<'b>(
        &self,
        quiet: bool,
        images: impl IntoIterator<Item = &'b ImageRef>,
    ) -> Result<(Context, Run<'static>), CliError> {
        let interrupted = interrupt::watch()?;
        let jobs = self.jobs.count();
        let references = images.into_iter().filter_map(|image| match image {
            ImageRef::Registry(reference) => Some(reference),
            _ => None,
        });
        let references: Vec<_> = references.collect();
        let hosts: Vec<_> = references.iter().map(|reference| self.net.host(reference)).collect();
        Ok((self.net.context(jobs, quiet, &hosts)?, Run::new(jobs, interrupted)))
    }
}
