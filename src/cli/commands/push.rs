//! `lambda-img push`: an image that exists, to registries.

use std::env;

use lambda_img::build;
use lambda_img::epoch::Epoch;
use lambda_img::progress::Meter;
use lambda_img::source::Workplace;
use lambda_img::store::Staging;
use lambda_img::work::Run;

use super::args;
use crate::cli::Outcome;
use crate::cli::options::image::threads;
use crate::cli::options::interrupt;
use crate::cli::show::error::CliError;
use crate::cli::show::json::push::{Copied, Push};
use crate::cli::show::{findings, progress, pushed, ui};

pub fn run(mut args: args::Push) -> Outcome {
    let interrupted = interrupt::watch()?;
    if args.net.offline {
        return Err(CliError::usage("`push` needs the network", "leave `--offline` out"));
    }
    let jobs = threads(args.jobs);
    let context = args.net.context_to(jobs.get(), args.quiet, &args.targets, args.create_repository)?;
    // Only the bare layers of a Docker archive are ever written there.
    let staging = Staging::inside(&env::temp_dir()).map_err(CliError::File)?;
    let meter = Meter::default();
    let run = Run { meter: &meter, ..Run::new(jobs, interrupted) };
    let at = Workplace { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let checking = std::mem::take(&mut args.checks).checking(None, args.arch)?;
    let source = args.source.to_string();
    let copying = progress::during([(source.as_str(), &meter)], args.quiet, |lines| {
        lines.begun(0);
        build::copy(&args.source, args.arch, &args.targets, &checking, &at).map_err(Box::new)
    });
    let copied = match copying {
        Ok(copied) => copied,
        Err(error) => {
            pushed::stopped(&error, args.json, Push::Stopped)?;
            return Err(CliError::Push(error));
        }
    };
    if !args.quiet {
        eprint!("{}", findings::brief(&copied.checked));
        eprintln!("pushed `{}`, {}", args.source, copied.image.digest);
        copied.pushed.iter().for_each(|one| eprint!("{}", pushed::report(one, args.verbose > 0)));
    }
    if args.json {
        return ui::print_json(&Push::Copied(Copied::of(source, &copied)));
    }
    ui::print(&pushed::lines(&copied.pushed))
}
