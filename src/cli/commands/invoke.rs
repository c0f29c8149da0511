//! `lambda-img invoke`: runs a function's image here, as Lambda would run it.

mod answer;
mod arguments;
mod checking;
mod image;
mod output;
mod pieces;
mod serve;
mod several;
#[cfg(feature = "watch")]
mod watch;

use std::sync::Arc;

use clap::ArgMatches;
use lambda_img::work::Run;

use self::answer::{answer, function};
pub use self::arguments::Invoke;
use self::image::find;
use self::output::Log;
pub use self::pieces::Pieces;
use crate::cli::options::{event, interrupt, samples};
use crate::cli::show::error::CliError;
use crate::cli::show::{stdout, ui, usage};

pub fn run(args: &Invoke, given: &ArgMatches) -> Result<(), CliError> {
    if let Some(name) = &args.list_events {
        return list_events(name);
    }
    let event = event::read(args.event.as_deref())?;
    let (interrupted, jobs) = (interrupt::watch()?, args.reading.jobs.count());
    let run = Run::new(jobs, interrupted);
    if args.watch {
        #[cfg(feature = "watch")]
        return watch::run(args, given, event, run);
        #[cfg(not(feature = "watch"))]
        return Err(usage::commands::no_watch());
    }
    let images = find(&args.wanted(), given, args.serves_all(), run)?;
    args.check_name(images.len())?;
    let means = args.means()?;
    let functions: Result<Vec<_>, _> = images.iter().map(|found| function(args, found, means, run)).collect();
    let functions = functions?;
    args.tell(means);
    let log = Arc::new(Log::default());
    match args.serve {
        Some(address) => serve::until_interrupt(args, address, functions, log, run),
        None => {
            functions.into_iter().try_for_each(|function| answer(args, given, function, &event, &log, run))
        }
    }
}

/// Lists the sample events, or prints one.
fn list_events(name: &str) -> Result<(), CliError> {
    if name.is_empty() {
        let rows = samples::SAMPLES.iter().map(|one| vec![one.name.to_owned(), one.source.to_owned()]);
        return stdout::print(&ui::table(&rows.collect::<Vec<_>>(), &[]));
    }
    let names = || samples::SAMPLES.iter().map(|one| one.name).collect::<Vec<_>>().join(", ");
    let sample = samples::find(name)
        .ok_or_else(|| usage::invoke::unknown_sample(name, samples::nearest(name), &names()))?;
    stdout::print_exactly(sample.event)
}
