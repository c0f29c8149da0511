//! `lambda-img deploy`: brings pushed images to Lambda functions.

mod args;
mod one;
mod wanted;

use std::fs;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use clap::ArgMatches;
use lambda_img::deploy::{self, Api};
use lambda_img::http::RetryPolicy;
use lambda_img::work::Run;

use crate::cli::options::deployment::Trial;
use crate::cli::options::{interrupt, policy_file};
use crate::cli::show::clock::Waiting;
use crate::cli::show::error::CliError;
use crate::cli::show::json::deploy as json;
use crate::cli::show::{deployed, stdout, usage};
pub use args::Deploy;
use one::{Deploying, Ended};

pub fn run(mut args: Deploy, given: &ArgMatches) -> Result<(), CliError> {
    if args.net.offline {
        return Err(usage::options::offline("deploy"));
    }
    let all = wanted::all(&args, given)?;
    if args.trial.canary.is_some() && all.iter().any(|one| one.alias.is_none()) {
        return Err(usage::deploy::canary_without_alias());
    }
    let (interrupted, jobs) = (interrupt::watch()?, args.jobs.count());
    let hosts: Vec<_> = all.iter().map(|one| one.image.registry()).collect();
    let (context, ecr) = args.net.aws_context(jobs, args.quiet, &hosts)?;
    let clock = Waiting::new(interrupted);
    let retry = RetryPolicy { retries: args.net.reach.retries, ..RetryPolicy::default() };
    let deploying = Deploying {
        api: &Api::new(&ecr, &clock, retry),
        context: &context,
        run: Run::new(jobs, interrupted),
        checking: std::mem::take(&mut args.checks).checking(None, None)?,
        evidence: args.require_verified.as_deref().map(policy_file::read).transpose()?,
        event: event(&args.trial)?,
        trial: &args.trial,
        plan: args.plan,
        quiet: args.quiet,
    };
    let told = Mutex::new(());
    let ended = deploy::fleet(jobs, &all, |one| {
        let ended = deploying.deploy(one);
        let _one_at_a_time = told.lock();
        if let Err(failed) = &ended
            && all.len() > 1
        {
            status!("{}: failed", one.name);
            failed.error.print();
        }
        if let Err(failed) = &ended
            && !failed.error.is_interrupt()
        {
            status_block!("{}", deployed::standing(&one.name, failed.alias(one), &failed.done));
        }
        ended
    });
    if args.json {
        let functions = all.iter().zip(&ended).map(|(one, ended)| one::object(one, ended.as_ref()));
        stdout::print_json(&json::Deploy::of(functions.collect()))?;
    } else {
        stdout::print(
            &all.iter()
                .zip(&ended)
                .map(|(one, ended)| lines(one, ended.as_ref(), args.plan))
                .collect::<String>(),
        )?;
    }
    summary(&all, ended, interrupted.load(Ordering::Relaxed))
}

/// What is printed of a function that did not fail.
fn lines(one: &wanted::Wanted, ended: Option<&Ended>, is_plan: bool) -> String {
    match ended {
        Some(Ok(done)) if is_plan => deployed::plan(&one.name, &done.image, &done.plan, one.alias.as_deref()),
        Some(Ok(done)) => deployed::line(&done.deployed),
        _ => String::new(),
    }
}

/// The error of the whole: that of the only function, else which failed and which were not begun.
fn summary(all: &[wanted::Wanted], ended: Vec<Option<Ended>>, interrupted: bool) -> Result<(), CliError> {
    let left = ended.iter().filter(|one| one.is_none()).count();
    let mut failed: Vec<_> =
        all.iter().zip(ended).filter_map(|(one, ended)| Some((one, ended?.err()?.error))).collect();
    if all.len() == 1 {
        return failed.pop().map_or(Ok(()), |(_, error)| Err(error));
    }
    if failed.is_empty() && left == 0 {
        return Ok(());
    }
    Err(CliError::NotDeployed {
        code: failed.iter().map(|(_, error)| error.code()).max().unwrap_or_default(),
        failed: failed.into_iter().map(|(one, _)| one.name.clone()).collect(),
        left,
        of: all.len(),
        interrupted,
    })
}

/// The event of `--try`.
fn event(trial: &Trial) -> Result<Option<Vec<u8>>, CliError> {
    let Some(path) = &trial.event else { return Ok(None) };
    let wrong = |why: &dyn std::fmt::Display| usage::deploy::bad_event(path.display(), why);
    let bytes = fs::read(path).map_err(|why| wrong(&why))?;
    serde_json::from_slice::<serde_json::Value>(&bytes).map_err(|why| wrong(&why))?;
    Ok(Some(bytes))
}
