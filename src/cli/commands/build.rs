//! `lambda-img build`.

use lambda_img::build::{self, BuildOptions};
use lambda_img::progress::Meter;
use lambda_img::work::Run;

use super::runtimes;
use crate::cli::Outcome;
use crate::cli::fleet::ci_outputs::{self, Handoff, Way};
use crate::cli::options::build::Build;
use crate::cli::options::image::threads;
use crate::cli::options::spec::spec;
use crate::cli::options::{clock, interrupt};
use crate::cli::show::{built, findings, json, left_out, progress, pushed, ui, unpinned};

pub fn run(args: Build, name: &str, handoff: &Handoff<'_>) -> Outcome {
    let began = clock::now();
    let interrupted = interrupt::watch()?;
    let (quiet, verbose, as_json) = (args.quiet, args.verbose > 0, args.json);
    let jobs = threads(args.jobs);
    let args = args.settled()?;
    let outputs = args.outputs.iter().map(ToString::to_string);
    let targets: Vec<_> = outputs.chain(args.tags.iter().map(ToString::to_string)).collect();
    let way = Way::of([&args]);
    let context = match args.push {
        true => args.net.context_to(jobs.get(), quiet, &args.tags, args.create_repository)?,
        false => args.reading(jobs)?,
    };
    let (spec, destinations, options) = spec(args, began)?;
    let options = BuildOptions { written: handoff.files(), ..options };
    let meter = Meter::default();
    let run = Run { meter: &meter, ..Run::new(jobs, interrupted) };
    let building = progress::during([(name, &meter)], quiet, |lines| {
        lines.begun(0);
        build::build(&spec, &destinations, &options, run, &context).map_err(Box::new)
    });
    let built = match building {
        Ok(built) => built,
        Err(error) => {
            pushed::stopped(&error, as_json, json::build::Build::Stopped)?;
            return Err((*error).into());
        }
    };

    if !quiet {
        let is_told = |text: &&String| unpinned::is_told(text, way == Way::Push, &context.cache);
        for warning in built.warnings.iter().chain(built.unpinned.as_ref().filter(is_told)) {
            eprintln!("warning: {warning}");
        }
        if let Some(warning) = runtimes::past(&built.profile) {
            eprintln!("warning: {warning}");
        }
        left_out::note(&built).iter().for_each(|note| eprintln!("{note}"));
        eprint!("{}", findings::brief(&built.checked));
        eprint!("{}", built::report(&built, verbose));
        if verbose {
            eprint!("{}", built::spent([&meter].into_iter()));
        }
        if !built.pushed.is_empty() {
            eprintln!("pushed");
            built.pushed.iter().for_each(|(_, one)| eprint!("{}", pushed::report(one, verbose)));
            ci_outputs::here(&built).for_each(|one| eprintln!("written {one}"));
        }
        if way == Way::Nowhere {
            eprintln!("nothing was written; without --dry-run: {}", targets.join(", "));
        }
    }
    let object = json::build::Build::Built((&built).into());
    // First what is published: it is told also where a file of those who come after cannot be written.
    if as_json { ui::print_json(&object) } else { ui::print(&way.lines(None, &built)) }?;
    handoff.write(way, &[(name, &built)], &way.refs(&built), &object)
}
