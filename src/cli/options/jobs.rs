//! `--jobs`: how many threads work and how many transfers run at once.

use std::num::NonZeroUsize;
use std::thread;

use super::values;

/// The limit of all parallel work of a command.
#[derive(clap::Args, Clone, Copy, Default)]
#[group(skip)]
pub struct Jobs {
    /// How many threads work at once, and how many transfers run at once [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = values::jobs)]
    pub jobs: Option<NonZeroUsize>,
}

impl Jobs {
    /// The number that the user wants, else one for each processor.
    pub fn count(self) -> NonZeroUsize {
        self.jobs.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}
