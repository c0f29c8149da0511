//! `--watch`: after each change, the function is built again, and runs in a new environment.

use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;
use lambda_img::invoke::{LambdaApi, Means};
use lambda_img::work::Run;

use super::answer::{answer, function};
use super::arguments::Invoke;
use super::image::{self, Made};
use super::output::Log;
use super::serve;
use crate::cli::fleet::results;
use crate::cli::fleet::select::Selection;
use crate::cli::settings::{Function, Settings};
use crate::cli::show::error::CliError;
use crate::cli::watch::{self, Work};

/// Builds and invokes, or serves, with every change, until the user interrupts.
pub fn run(args: &Invoke, given: &ArgMatches, event: Vec<u8>, run: Run<'_>) -> Result<(), CliError> {
    let means = args.means()?;
    let log = Arc::new(Log::default());
    let served = args.serve.map(|address| serve::start(args, address, Arc::clone(&log))).transpose()?;
    args.tell(means);
    watch::run(Rounds { args, given, event, run, means, log, served, begun: false })
}

struct Rounds<'a> {
    args: &'a Invoke,
    given: &'a ArgMatches,
    event: Vec<u8>,
    run: Run<'a>,
    means: Means,
    log: Arc<Log>,
    served: Option<LambdaApi>,
    /// Whether it was said where functions are served.
    begun: bool,
}

impl Work for Rounds<'_> {
    fn selection(&self, settings: &Settings) -> Result<Selection, CliError> {
        let all = self.args.serves_all();
        let functions = image::functions(&self.args.wanted(), self.given, all, settings)?;
        self.args.check_name(functions.len())?;
        Ok(Selection { alone: functions.len() == 1, functions })
    }

    fn written(&self) -> Result<Vec<PathBuf>, CliError> {
        Ok(Vec::new())
    }

    fn round(
        &mut self,
        selection: Selection,
        settings: &Settings,
        after_commands: impl FnOnce(),
    ) -> Result<(), CliError> {
        let wanted = self.args.wanted();
        let make = |function| (function, Made::of(&wanted, function, settings));
        let made: Vec<_> = selection.functions.iter().map(make).collect();
        after_commands();
        let mut ended = Vec::new();
        for (function, made) in made {
            let name = self.args.configuration.name(function.name.as_deref());
            ended.push((name, Some(made.and_then(|made| self.take(function, made)))));
        }
        if let Some(served) = &self.served {
            let all = self.selection(settings)?.functions;
            let names = all.iter().map(|one| self.args.configuration.name(one.name.as_deref()));
            let names: Vec<_> = names.collect();
            served.expect(&names.iter().cloned().collect());
            let (new, failed): (Vec<_>, Vec<_>) =
                ended.iter().partition(|(_, end)| matches!(end, Some(Ok(()))));
            let list = |some: Vec<&(String, _)>| {
                some.into_iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ")
            };
            let old: Vec<_> = failed.into_iter().filter(|(name, _)| served.serves(name)).collect();
            if !std::mem::replace(&mut self.begun, true) {
                serve::tell(served, &names);
            } else if !new.is_empty() {
                status!("serving the new {}", list(new));
            }
            if !old.is_empty() {
                status!("still serving the old {}", list(old));
            }
        }
        self.sum(ended)
    }
}

impl Rounds<'_> {
    /// Builds a function that its command has made, and invokes it, or serves it from now on.
    fn take(&self, from: &Function, made: Made) -> Result<(), CliError> {
        let found = made.build(from, self.run)?;
        let function = function(self.args, &found, self.means, self.run)?;
        match &self.served {
            Some(served) => {
                served.put(function);
                Ok(())
            }
            None => answer(self.args, self.given, function, &self.event, &self.log, self.run),
        }
    }

    /// What a round failed of. One that is served answers as before.
    fn sum(&self, mut ended: Vec<(String, Option<Result<(), CliError>>)>) -> Result<(), CliError> {
        match &mut ended[..] {
            [(_, end)] => end.take().unwrap_or(Ok(())),
            _ => results::summary(&ended, self.run.check().is_err()),
        }
    }
}
