//! `--jobs`: how many threads work and how many transfers run at once.

use std::num::NonZeroUsize;
use std::thread;

use super::headings::CACHE;
use super::values;

/// The limit of all parallel work of a command.
#[derive(clap::Args, Clone, Copy, Default)]
#[group(skip)]
pub struct Jobs {
    /// Use at most N threads, and N transfers at once [default: the number of processors]
    #[arg(help_heading = CACHE, hide_short_help = true, short, long, value_name = "N", value_parser = values::jobs)]
    pub jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// The number that the user wants, else one for each processor.
    pub fn count(self) -> NonZeroUsize {
        self.jobs.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}
