//! The options of commands that read images and write none, and what they make.

use std::num::NonZeroUsize;
use std::thread;

use lambda_img::context::Context;
use lambda_img::source::ImageRef;
use lambda_img::work::Run;

use super::registries::Network;
use super::{interrupt, values};
use crate::cli::options::build::Build;
use crate::cli::show::error::CliError;

/// How images are read.
#[derive(clap::Args)]
pub struct Reading {
    #[command(flatten)]
    pub net: Network,

    /// Layers read at once [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = values::jobs)]
    pub jobs: Option<NonZeroUsize>,
}

impl Reading {
    /// What reads these images with: as far as the user does not interrupt. `--username` is a user of the one
    /// registry that they are in.
    pub fn begin<'b>(
        &self,
        quiet: bool,
        images: impl IntoIterator<Item = &'b ImageRef>,
    ) -> Result<(Context, Run<'static>), CliError> {
        let interrupted = interrupt::watch()?;
        let jobs = threads(self.jobs);
        let references = images.into_iter().filter_map(|image| match image {
            ImageRef::Registry(reference) => Some(reference),
            _ => None,
        });
        let references: Vec<_> = references.collect();
        let hosts: Vec<_> = references.iter().map(|reference| self.net.host(reference)).collect();
        Ok((self.net.context(jobs.get(), quiet, &hosts)?, Run::new(jobs, interrupted)))
    }
}

/// The number of threads asked for, else one for each processor.
pub fn threads(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}

impl Build {
    /// What a build reads its bases with that pushes nothing.
    pub fn reading(&self, jobs: NonZeroUsize) -> Result<Context, CliError> {
        let bases = self.remote_bases()?;
        let hosts: Vec<_> = bases.iter().map(|base| self.net.host(base)).collect();
        self.net.context(jobs.get(), self.quiet, &hosts)
    }
}
