//! The options of commands that read images and write none, and what they make.

use std::num::NonZeroUsize;
use std::thread;

use lambda_img::base::BaseRef;
use lambda_img::context::Context;
use lambda_img::pack::Effort;

use super::failure::Failure;
use super::net::Network;
use super::{signal, values};

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
        images: impl IntoIterator<Item = &'b BaseRef>,
    ) -> Result<(Context, Effort<'static>), Failure> {
        let interrupted = signal::watch()?;
        let jobs = threads(self.jobs);
        let references = images.into_iter().filter_map(|image| match image {
            BaseRef::Registry(reference) => Some(reference),
            _ => None,
        });
        let references: Vec<_> = references.collect();
        let hosts: Vec<_> = references.iter().map(|reference| self.net.host(reference)).collect();
        Ok((self.net.context(jobs.get(), quiet, &hosts)?, Effort::new(jobs, interrupted)))
    }
}

/// The number of threads asked for, else one for each processor.
pub fn threads(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}
