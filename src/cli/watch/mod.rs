//! `lambda-img build --watch`: builds, and builds again what changed, until the user ends it.
//!
//! ```text
//! build ──→ wait (trigger) ──→ look (files) ──→ whose is it (causes)? ──→ build those …
//! ```
//! The host's events only say when to look. What is built is decided by the files themselves, as they were when
//! they were built last: neither what builds and commands write makes them run again, nor is lost what is saved
//! meanwhile.

mod causes;
mod files;
mod plan;
mod trigger;

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use lambda_img::pack::PackError;
use lambda_img::pipeline::BuildError;

use super::args::{Fleet, Given};
use super::exit_code::{INTERRUPTED, USAGE};
use super::failure::Failure;
use super::settings::Keys;
use super::{Outcome, signal};
use causes::{Products, Turn};
use files::Files;
use plan::{Plan, Sight};
use trigger::Trigger;

pub fn run(given: &Given, fleet: &Fleet) -> Outcome {
    let keys = Keys::new();
    let stop = signal::watch()?;
    let mut trigger = Trigger::new();
    signal::call(trigger.call());
    let mut plan = Plan::of(given, fleet, &keys)?;
    let (mut sight, mut seen) = look(&plan, &mut trigger)?;
    let mut turn = Turn { names: plan.names(), anew: true, follows: false };
    let (mut products, mut first) = (Products::default(), true);
    loop {
        let mut made = None;
        // Commands write, and may fail: what there is now is what was built.
        let outcome = plan.build(&turn.names, fleet, &keys, || made = Some(sight.view.look()));
        if stop.load(Ordering::Relaxed) {
            return interrupted(outcome);
        }
        match outcome {
            // What is wrong with the command line does not change.
            Err(failure) if first && failure.code() == USAGE && !told(&failure) => return Err(failure),
            Err(failure) => failure.print(),
            Ok(()) => {}
        }
        first = false;
        let mut changed = made.map(|made| {
            let doubts = products.doubts(files::changed(&seen, &made), &seen, &sight.causes, &turn);
            seen = made;
            doubts
        });
        turn = loop {
            let doubts = changed.take().filter(|paths| !paths.is_empty());
            let follows = doubts.is_some();
            let changed = match doubts {
                Some(doubts) => doubts,
                None => {
                    plan.tell(format_args!("watching {}; Ctrl-C ends it", plan.list()));
                    let changed = wait(&plan, &mut sight, &mut seen, &mut trigger)?;
                    if stop.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                    changed
                }
            };
            plan.tell(format_args!("changed: {}", list(&changed)));
            let anew = plan.stale || changed.iter().any(|path| sight.causes.is_everybodys(path));
            if !anew {
                break Turn { names: sight.causes.concerned(&changed), anew, follows };
            }
            match Plan::of(given, fleet, &keys) {
                Ok(new) => {
                    plan = new;
                    (sight, seen) = look(&plan, &mut trigger)?;
                    break Turn { names: plan.names(), anew, follows };
                }
                Err(failure) => {
                    // With the next change, whatever it is: nothing is built of settings that are no more.
                    plan.stale = true;
                    failure.print();
                }
            }
        };
    }
}

/// Where everything is, and as it is now; what changes from now on is told.
fn look(plan: &Plan, trigger: &mut Trigger) -> Result<(Sight, Files), Failure> {
    let sight = plan.sight()?;
    if let Some(warning) = trigger.arm(sight.targets.clone()) {
        eprintln!("warning: {warning}");
    }
    let files = sight.view.look();
    Ok((sight, files))
}

/// Waits for a change of what some function is made of, or for the end.
fn wait(
    plan: &Plan,
    sight: &mut Sight,
    seen: &mut Files,
    trigger: &mut Trigger,
) -> Result<Vec<PathBuf>, Failure> {
    let stop = signal::watch()?;
    loop {
        trigger.wait(stop);
        if stop.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let now;
        (*sight, now) = look(plan, trigger)?;
        let changed = files::changed(seen, &now);
        *seen = now;
        if !sight.causes.concerned(&changed).is_empty() {
            return Ok(changed);
        }
    }
}

/// Whether it is only the sum of what was told before.
fn told(failure: &Failure) -> bool {
    matches!(failure, Failure::Fleet { .. })
}

/// What the user did not wait for. A command gets the same interrupt, and fails of it.
fn interrupted(outcome: Outcome) -> Outcome {
    match outcome {
        Err(failure) if failure.code() != INTERRUPTED => Err(BuildError::from(PackError::Interrupted).into()),
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
