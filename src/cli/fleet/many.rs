//! `lambda-img build` of many functions.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lambda_img::build::{self, BuildOptions, CpuSlots, FleetCache, Member};
use lambda_img::progress::Meter;
use lambda_img::work::Run;

use super::changed::{self, Changed};
use super::ci_outputs::CiOutputs;
use super::contexts::Contexts;
use super::destination::Destination;
use super::results::{self, Ended};
use super::select::{self, Chosen};
use super::{conflicts, pre_builds, steps, summary};
use crate::cli::options::fleet::Fleet;
use crate::cli::options::interrupt;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::options::spec::spec;
use crate::cli::settings::{FILE_NAME, Function, Settings};
use crate::cli::show::error::CliError;
use crate::cli::show::{built, clock, left_out, progress, registry_cache};

/// What the command as a whole does, as the user wants it: that is the same for all functions.
#[derive(Clone, Copy)]
struct Manner {
    quiet: bool,
    verbose: bool,
    json: bool,
    fail_fast: bool,
    jobs: NonZeroUsize,
    destination: Destination,
}

impl Manner {
    fn of(all: &[Chosen], fleet: &Fleet) -> Self {
        let first = all.first().map(|one| &one.build.output);
        Self {
            quiet: first.is_some_and(|first| first.quiet),
            verbose: first.is_some_and(|first| first.verbose > 0),
            json: first.is_some_and(|first| first.json),
            fail_fast: fleet.fail_fast,
            // What is opened is told of no process: nothing else reads meanwhile.
            jobs: match fleet.audit_steps {
                true => NonZeroUsize::MIN,
                false => first.map(|first| first.jobs).unwrap_or_default().count(),
            },
            destination: Destination::of(all.iter().map(|one| &one.build)),
        }
    }
}

/// Builds functions; `after_commands` is called when the commands that make them have run.
pub fn build(
    functions: Vec<Function>,
    settings: &Settings,
    fleet: &Fleet,
    after_commands: impl FnOnce(),
) -> Result<(), CliError> {
    let ci = CiOutputs::of(fleet)?;
    let all = select::by_name(functions, settings)?;
    let manner = Manner::of(&all, fleet);
    let all = changed_alone(all, settings, fleet, manner.quiet)?;
    let manner = Manner { destination: Destination::of(all.iter().map(|one| &one.build)), ..manner };
    conflicts::check(all.iter().map(|one| &one.build))?;
    ci.check_outputs(all.iter().flat_map(|one| &one.build.output.outputs))?;
    ci.check_names(all.iter().map(|one| one.name.as_str()))?;

    steps::check_names(&fleet.refresh, all.iter().map(|one| &one.build))?;

    let interrupted = interrupt::watch()?;
    let run = Run::new(manner.jobs, interrupted);
    let contexts = Contexts::new(all.iter().map(|one| &one.build).enumerate(), manner.jobs)?;
    let mut ended = refused(&all, &contexts)?;
    pre_builds::run(&all, &mut ended, manner.quiet, manner.fail_fast);
    after_commands();
    let root = Path::new(settings.file_name().unwrap_or(FILE_NAME));
    build_left(&all, &mut ended, manner, (run, root, &ci, fleet), &contexts)?;

    if !manner.quiet {
        tell(&ended, manner, &contexts);
    }
    let ended: Vec<_> = all.into_iter().map(|one| one.name).zip(ended).collect();
    let written = results::write(&ended, manner.json, manner.destination, contexts.exchanged(), &ci);
    match (written, results::summary(&ended, interrupted.load(Ordering::Relaxed))) {
        // Nothing that went wrong hides the rest.
        (Err(error), Err(sum)) => {
            error.print();
            Err(sum)
        }
        (written, sum) => written.and(sum),
    }
}

/// Of `--changed-since`, only the functions that changed.
fn changed_alone(
    mut all: Vec<Chosen>,
    settings: &Settings,
    fleet: &Fleet,
    quiet: bool,
) -> Result<Vec<Chosen>, CliError> {
    let Some(revision) = &fleet.changed_since else { return Ok(all) };
    let pairs: Vec<_> = all.iter().map(|one| (&one.function.pre_build, &one.build)).collect();
    let mut changed = Changed::since(revision, settings)?.functions(&pairs)?.into_iter();
    if changed::is_none(revision) && !quiet {
        status!("there is no earlier commit to compare with: all functions are built");
    }
    all.retain(|_| changed.next().unwrap_or(true));
    if all.is_empty() && !quiet {
        status!("no function changed since `{revision}`");
    }
    Ok(all)
}

/// Which functions are refused before the commands that make them run.
fn refused(all: &[Chosen], contexts: &Contexts) -> Result<Vec<Ended>, CliError> {
    let mut ended = Vec::new();
    for (at, one) in all.iter().enumerate() {
        if one.function.pre_build == PreBuild::Nothing {
            ended.push(None);
            continue;
        }
        let (spec, destinations, options) = spec(&one.build, clock::now())?;
        let refused = build::refuse(&spec, &destinations, &options, contexts.of(at));
        let failed = |error| Err(CliError::from(error).of_function(one.function.handler_origin()));
        ended.push(refused.err().map(failed));
    }
    Ok(ended)
}

/// Builds the functions that have not ended yet, and notes how each ends.
fn build_left(
    all: &[Chosen],
    ended: &mut [Ended],
    manner: Manner,
    (run, root, ci, fleet): (Run<'_>, &Path, &CiOutputs<'_>, &Fleet),
    contexts: &Contexts,
) -> Result<(), CliError> {
    let began = clock::now();
    let stop = manner.fail_fast && ended.iter().any(Option::is_some);
    let left: Vec<usize> = (0..all.len()).filter(|at| !stop && ended[*at].is_none()).collect();
    let caches = contexts.caches(began, root, &Arc::new(CpuSlots::new(manner.jobs)));
    let mut members = Vec::new();
    for at in &left {
        let (spec, destinations, options) = spec(&all[*at].build, began)?;
        let options = fleet.with_steps(BuildOptions { written: ci.files(), ..options });
        let (context, shared) = (contexts.of(*at).clone(), contexts.cache(*at, &caches));
        let meter = Meter::default();
        members.push(Member { spec, destinations, options, context, shared, meter });
    }
    let rows = left.iter().zip(&members).map(|(at, member)| (all[*at].name.as_str(), &member.meter));
    progress::during(rows, manner.quiet, |lines| {
        let end = |turn: usize, made: Option<Result<_, _>>| {
            lines.ended(turn);
            let one = &all[left[turn]];
            let failed = |error| CliError::from(error).of_function(one.function.handler_origin());
            let made = made.map(|made| made.map_err(failed));
            if !manner.quiet
                && let Some(Ok(built)) = &made
            {
                let moved = (manner.destination, &members[turn].meter);
                progress::block(&summary::done(&one.name, built, moved, manner.verbose));
            }
            ended[left[turn]] = made;
        };
        build::fleet(&members, run, manner.fail_fast, |turn| lines.begun(turn), end);
    });
    caches.iter().for_each(FleetCache::keep);
    if manner.verbose {
        status_block!("{}", built::spent(members.iter().map(|member| &member.meter)));
    }
    Ok(())
}

/// Prints warnings and notes about all functions together, each once.
fn tell(ended: &[Ended], manner: Manner, contexts: &Contexts) {
    let built: Vec<_> = ended
        .iter()
        .enumerate()
        .filter_map(|(at, ended)| Some((at, ended.as_ref()?.as_ref().ok()?)))
        .collect();
    let caches = built.iter().map(|(at, built)| (*built, &contexts.of(*at).cache));
    for warning in summary::warnings(caches, manner.destination == Destination::Push) {
        status!("warning: {warning}");
    }
    for line in built.iter().flat_map(|(_, built)| steps::audited(built)).collect::<BTreeSet<_>>() {
        status!("{line}");
    }
    let notes: BTreeSet<_> = built.iter().filter_map(|(_, built)| left_out::note(built)).collect();
    notes.iter().for_each(|note| status!("{note}"));
    // Those of functions that failed.
    contexts.all().for_each(registry_cache::warnings);
    contexts.all().for_each(registry_cache::denied);
    contexts.exchanged().iter().for_each(|one| status!("{}", built::exchanged(*one)));
    if manner.destination == Destination::Nowhere {
        status!("`--dry-run`: nothing was written");
    }
}
