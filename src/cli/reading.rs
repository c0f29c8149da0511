//! The options of commands that read images and write none, and what they make.

use std::num::NonZeroUsize;
use std::thread;

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
    /// What reads with: as far as the user does not interrupt.
    pub fn begin(&self, quiet: bool) -> Result<(Context, Effort<'static>), Failure> {
        let interrupted = signal::watch()?;
        let jobs = threads(self.jobs);
        Ok((self.net.context(jobs.get(), quiet, &[])?, Effort::new(jobs, interrupted)))
    }
}

/// The number of threads asked for, else one for each processor.
pub fn threads(given: Option<NonZeroUsize>) -> NonZeroUsize {
    given.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}
