//! `lambda-img build` of many functions.

pub mod changed;
pub mod ci_outputs;
pub mod conflicts;
pub mod contexts;
pub mod earlier_files;
pub mod git;
pub mod inputs;
pub mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lambda_img::build::{self, BuildOptions, Built, CpuSlots, Member};
use lambda_img::progress::Meter;
use lambda_img::publish::registry::Stopped;
use lambda_img::work::Run;

use self::changed::Changed;
use self::ci_outputs::{Handoff, Way};
use self::contexts::Groups;
use super::Outcome;
use super::options::image::threads;
use super::options::{clock, interrupt, spec};
use super::settings::{FILE_NAME, Function, Keys, Settings};
use super::show::built;
use super::show::error::CliError;
use super::show::exit_code::INTERRUPTED;
use super::show::json::build::{Failure, Functions};
use super::show::json::values::Version;
use super::show::{json, left_out, progress, pushed, ui};
use crate::cli::options::build::Build;
use crate::cli::options::fleet::Fleet;

/// A function with everything that is known of it before it is built.
struct Chosen {
    name: String,
    function: Function,
    build: Build,
}

/// What became of a function; nothing, where it was not begun.
type Ended = Option<Result<Built, CliError>>;

/// Builds functions; `prepared` is called when their commands have run.
pub fn run(
    functions: Vec<Function>,
    settings: &Settings,
    keys: &Keys,
    fleet: &Fleet,
    prepared: impl FnOnce(),
) -> Outcome {
    let handoff = Handoff::of(fleet)?;
    let mut all = members(functions, settings, keys)?;
    // Of all of them, as whoever typed the command wants them.
    let (quiet, verbose, as_json, jobs) = match all.first() {
        Some(Chosen { build, .. }) => (build.quiet, build.verbose > 0, build.json, build.jobs),
        None => (false, false, false, None),
    };
    if let Some(revision) = &fleet.changed_since {
        let pairs: Vec<_> = all.iter().map(|one| (&one.function.prepare, &one.build)).collect();
        let mut changed = Changed::since(revision, settings)?.functions(&pairs)?.into_iter();
        if changed::is_none(revision) && !quiet {
            eprintln!("there is no commit to compare with: all functions are built");
        }
        all.retain(|_| changed.next().unwrap_or(true));
        if all.is_empty() && !quiet {
            eprintln!("no function changed since `{revision}`");
        }
    }
    conflicts::check(all.iter().map(|one| &one.build))?;
    handoff.apart(all.iter().flat_map(|one| &one.build.outputs))?;
    handoff.names(all.iter().map(|one| one.name.as_str()))?;
    let way = Way::of(all.iter().map(|one| &one.build));
    let began = clock::now();
    let mut ended = prepare(&all, quiet, fleet.fail_fast);
    prepared();
    let interrupted = interrupt::watch()?;
    let jobs = threads(jobs);
    let run = Run::new(jobs, interrupted);
    let stop = fleet.fail_fast && ended.iter().any(Option::is_some);
    let handlers: Vec<_> = all.iter().map(|one| one.function.origin("handler").cloned()).collect();
    let (names, builds): (Vec<_>, Vec<_>) = all.into_iter().map(|one| (one.name, one.build)).unzip();
    let left: Vec<usize> = (0..builds.len()).filter(|at| !stop && ended[*at].is_none()).collect();
    let cpu = Arc::new(CpuSlots::new(jobs));
    let root = Path::new(settings.file_name().unwrap_or(FILE_NAME));
    let groups = Groups::new(left.iter().map(|at| (*at, &builds[*at])), jobs, &cpu, began, root)?;
    let mut members = Vec::new();
    for (at, build) in builds.into_iter().enumerate().filter(|(at, _)| left.contains(at)) {
        let (context, shared) = groups.of(at);
        let (spec, destinations, options) = spec::spec(build, began)?;
        let options = BuildOptions { written: handoff.files(), ..options };
        let context = context.clone();
        members.push(Member { spec, destinations, options, context, shared, meter: Meter::default() });
    }
    let rows = left.iter().map(|at| names[*at].as_str()).zip(members.iter().map(|member| &member.meter));
    progress::during(rows, quiet, |lines| {
        build::fleet(
            &members,
            run,
            fleet.fail_fast,
            |turn| lines.begun(turn),
            |turn, made| {
                lines.ended(turn);
                let at = left[turn];
                let failed = |error| CliError::from(error).of_function(handlers[at].as_ref());
                let made = made.map(|made| made.map_err(failed));
                if !quiet && let Some(Ok(built)) = &made {
                    progress::block(&summary::done(&names[at], built, (way, &members[turn].meter), verbose));
                }
                ended[at] = made;
            },
        );
    });
    groups.keep();
    if verbose {
        eprint!("{}", built::spent(members.iter().map(|member| &member.meter)));
    }
    let ended: Vec<_> = names.into_iter().zip(ended).collect();
    if !quiet {
        let caches = ended
            .iter()
            .enumerate()
            .filter_map(|(at, (_, ended))| Some((ended.as_ref()?.as_ref().ok()?, &groups.of(at).0.cache)));
        for warning in summary::warnings(caches, way == Way::Push) {
            eprintln!("warning: {warning}");
        }
        let notes: BTreeSet<_> = built(&ended).filter_map(|(_, built)| left_out::note(built)).collect();
        notes.iter().for_each(|note| eprintln!("{note}"));
    }
    if way == Way::Nowhere && !quiet {
        eprintln!("nothing was written");
    }
    let written = conclude(&ended, as_json, way, &handoff);
    let ended = summary(&ended, interrupted.load(Ordering::Relaxed));
    match (written, ended) {
        // Nothing that went wrong hides the rest.
        (Err(failure), Err(sum)) => {
            failure.print();
            Err(sum)
        }
        (written, ended) => written.and(ended),
    }
}

/// The functions by name, each once, and nothing of them run.
fn members(functions: Vec<Function>, settings: &Settings, keys: &Keys) -> Result<Vec<Chosen>, CliError> {
    let mut all = BTreeMap::new();
    for function in functions {
        let build = function.options(settings, keys)?.settled()?;
        let name = function.name.clone().unwrap_or_else(|| build.path.display().to_string());
        all.insert(name.clone(), Chosen { name, function, build });
    }
    Ok(all.into_values().collect())
}

/// Runs what makes the functions, each command once in its directory; those whose command failed have ended.
fn prepare(all: &[Chosen], quiet: bool, fail_fast: bool) -> Vec<Ended> {
    let mut ran: Vec<(&Function, bool)> = Vec::new();
    let mut ended: Vec<Ended> = all.iter().map(|_| None).collect();
    for (Chosen { function, .. }, at) in all.iter().zip(0..) {
        let same = |other: &Function| other.prepare == function.prepare && other.dir == function.dir;
        if fail_fast && ran.iter().any(|(_, done)| !done) {
            break;
        }
        match ran.iter().find(|(other, _)| same(other)) {
            Some((_, true)) => {}
            Some((other, false)) => {
                ended[at] = Some(Err(CliError::PreparedBy(other.name.clone().unwrap_or_default())));
            }
            None => {
                let done = function.prepare.run(&function.dir, quiet);
                ran.push((function, done.is_ok()));
                if let Err(failure) = done {
                    ended[at] = Some(Err(failure));
                }
            }
        }
    }
    ended
}

/// Those that are built.
fn built(ended: &[(String, Ended)]) -> impl Iterator<Item = (&str, &Built)> {
    ended.iter().filter_map(|(name, ended)| Some((name.as_str(), ended.as_ref()?.as_ref().ok()?)))
}

/// Prints and writes what there is of data.
fn conclude(ended: &[(String, Ended)], as_json: bool, way: Way, handoff: &Handoff<'_>) -> Outcome {
    let functions = ended.iter().map(|(name, ended)| function(name, ended.as_ref())).collect();
    let object = json::build::Build::Functions(Functions { version: Version, functions });
    let refs = ended.iter().map(|(_, ended)| match ended {
        Some(Ok(built)) => way.refs(built),
        // What is published is told in any case.
        Some(Err(failure)) => {
            stopped(failure).map(|stopped| pushed::lines(&stopped.pushed)).unwrap_or_default()
        }
        None => String::new(),
    });
    let refs: String = refs.collect();
    let built: Vec<_> = built(ended).collect();
    let lines = match way {
        Way::Nowhere => built.iter().map(|(name, built)| way.lines(Some(name), built)).collect(),
        _ => refs.clone(),
    };
    if as_json { ui::print_json(&object) } else { ui::print(&lines) }?;
    handoff.write(way, &built, &refs, &object)
}

/// What the object has of one function.
fn function<'a>(name: &'a str, ended: Option<&'a Result<Built, CliError>>) -> json::build::Function<'a> {
    match ended {
        Some(Ok(built)) => json::build::Function::Built { name, built: built.into() },
        Some(Err(error)) => {
            let failure = Failure { error: error.to_string(), exit_code: error.code() };
            match stopped(error) {
                Some(stopped) => json::build::Function::Stopped { name, failure, reached: stopped.into() },
                None => json::build::Function::Failed { name, failure },
            }
        }
        None => json::build::Function::NotBegun { name },
    }
}

/// Tells what went wrong, and ends as the worst did.
fn summary(ended: &[(String, Ended)], interrupted: bool) -> Outcome {
    let (mut failed, mut left, mut codes) = (Vec::new(), 0, Vec::new());
    // Many functions meet one fault of a registry, which is told once.
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, ended) in ended {
        match ended {
            Some(Ok(_)) => {}
            // Whoever interrupted knows.
            Some(Err(failure)) if failure.code() == INTERRUPTED => left += 1,
            Some(Err(failure)) => {
                let words = stopped(failure).map(pushed::stands).unwrap_or_default() + &failure.words();
                match told.iter_mut().find(|(other, _)| *other == words) {
                    Some((_, names)) => names.push(name),
                    None => told.push((words, vec![name])),
                }
                failed.push(name.clone());
                codes.push(failure.code());
            }
            None => left += 1,
        }
    }
    told.into_iter().for_each(|(words, names)| eprint!("{}:\n{words}", ui::clean(&names.join(", "))));
    if failed.is_empty() && left == 0 {
        return Ok(());
    }
    let worst = codes.into_iter().max_by_key(|code| rank(*code)).unwrap_or(INTERRUPTED);
    let code = if interrupted { INTERRUPTED } else { worst };
    Err(CliError::Fleet { failed, left, of: ended.len(), code })
}

/// The push that it ended in.
fn stopped(failure: &CliError) -> Option<&Stopped> {
    match failure {
        CliError::Build(error) => pushed::partly(error),
        _ => None,
    }
}

/// How bad an exit code is: what was denied is fit to be built.
fn rank(code: u8) -> usize {
    [0, 3, 1, 2, 70].iter().position(|other| *other == code).unwrap_or(usize::MAX)
}
