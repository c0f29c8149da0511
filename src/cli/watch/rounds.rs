//! The loop of `--watch`: build, wait, look, build again.

use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use lambda_img::build::BuildError;
use lambda_img::work::Interrupted;

use super::Work;
use super::dependencies::{Generated, Round};
use super::files::{self, Files};
use super::plan::{Plan, Snapshot};
use super::trigger::Trigger;
use crate::cli::options::interrupt;
use crate::cli::show::error::CliError;
use crate::cli::show::exit_code::{INTERRUPTED, USAGE};

/// Builds, and builds again what changed, until the user ends it.
pub fn run(work: impl Work) -> Result<(), CliError> {
    let mut watch = Watch::begin(work)?;
    let mut round = Round { names: watch.plan.names(), anew: true, follows: false };
    let mut first = true;
    loop {
        let (outcome, doubts) = watch.build(&round);
        if watch.is_over() {
            return interrupted(outcome);
        }
        match outcome {
            // What is wrong with the command line does not change.
            Err(error) if first && error.code() == USAGE && !is_sum(&error) => return Err(error),
            Err(error) => error.print(),
            Ok(()) => {}
        }
        first = false;
        match watch.next(doubts)? {
            Some(next) => round = next,
            None => return Ok(()),
        }
    }
}

/// All that is known between two builds.
struct Watch<W> {
    work: W,
    stop: &'static AtomicBool,
    trigger: Trigger,
    plan: Plan,
    snapshot: Snapshot,
    /// What the functions were built of last.
    seen: Files,
    products: Generated,
}

impl<W: Work> Watch<W> {
    fn begin(work: W) -> Result<Self, CliError> {
        let stop = interrupt::watch()?;
        let mut trigger = Trigger::new();
        interrupt::call(trigger.call());
        let plan = Plan::of(&work)?;
        let (snapshot, seen) = look(&plan, &mut trigger)?;
        let products = Generated::default();
        Ok(Self { work, stop, trigger, plan, snapshot, seen, products })
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Builds what has its round, and tells what changed meanwhile and needs another one.
    fn build(&mut self, round: &Round) -> (Result<(), CliError>, Vec<PathBuf>) {
        let mut made = None;
        // Commands write, also those that fail, and links lead elsewhere: what there is behind them is what is
        // built.
        let after_commands =
            || made = self.plan.snapshot().ok().map(|snapshot| (snapshot.view.look(), snapshot));
        let outcome = self.plan.round(&round.names, &mut self.work, after_commands);
        let Some((made, snapshot)) = made else { return (outcome, Vec::new()) };
        let before = mem::replace(&mut self.seen, made);
        let changed = files::changed(&before, &self.seen);
        self.snapshot = snapshot;
        (outcome, self.products.doubts(changed, &before, &self.snapshot.dependencies, round))
    }

    /// What is built next: because of doubts, else of what is waited for; nothing when the user ends it.
    fn next(&mut self, mut doubts: Vec<PathBuf>) -> Result<Option<Round>, CliError> {
        loop {
            let follows = !doubts.is_empty();
            let changed = if follows { mem::take(&mut doubts) } else { self.wait()? };
            if self.is_over() {
                return Ok(None);
            }
            self.plan.tell(format_args!("changed: {}", list(&changed)));
            let anew =
                self.plan.stale || changed.iter().any(|path| self.snapshot.dependencies.is_of_all(path));
            if !anew {
                return Ok(Some(Round {
                    names: self.snapshot.dependencies.concerned(&changed),
                    anew,
                    follows,
                }));
            }
            match Plan::of(&self.work) {
                Ok(plan) => {
                    self.plan = plan;
                    (self.snapshot, self.seen) = look(&self.plan, &mut self.trigger)?;
                    return Ok(Some(Round { names: self.plan.names(), anew, follows }));
                }
                Err(error) => {
                    // Asked again with any change: nothing is built of settings that are no more.
                    self.plan.stale = true;
                    error.print();
                }
            }
        }
    }

    /// Waits for a change of what some function is made of, or for the end.
    fn wait(&mut self) -> Result<Vec<PathBuf>, CliError> {
        self.plan.tell(format_args!("watching {}; press Ctrl-C to stop", self.plan.list()));
        loop {
            self.trigger.wait(self.stop);
            if self.is_over() {
                return Ok(Vec::new());
            }
            let now;
            (self.snapshot, now) = look(&self.plan, &mut self.trigger)?;
            let changed = files::changed(&self.seen, &now);
            self.seen = now;
            if !self.snapshot.dependencies.concerned(&changed).is_empty() {
                return Ok(changed);
            }
        }
    }
}

/// Where everything is, and as it is now; what changes from now on is told.
fn look(plan: &Plan, trigger: &mut Trigger) -> Result<(Snapshot, Files), CliError> {
    let snapshot = plan.snapshot()?;
    if let Some(warning) = trigger.arm(snapshot.targets.clone()) {
        status!("warning: {warning}");
    }
    let files = snapshot.view.look();
    Ok((snapshot, files))
}

/// Whether it is only the sum of errors that were printed before.
fn is_sum(error: &CliError) -> bool {
    matches!(error, CliError::Fleet { .. })
}

/// What the user did not wait for. A command gets the same interrupt, and fails of it.
fn interrupted(outcome: Result<(), CliError>) -> Result<(), CliError> {
    match outcome {
        Err(error) if error.code() != INTERRUPTED => Err(BuildError::from(Interrupted).into()),
        outcome => outcome,
    }
}

/// Some of the paths, and how many others there are.
fn list(paths: &[PathBuf]) -> String {
    let first = paths.first().map(|path| files::typed(path)).unwrap_or_default();
    match paths.len() {
        0 | 1 => first,
        count => format!("{first}, and {} more", count - 1),
    }
}
