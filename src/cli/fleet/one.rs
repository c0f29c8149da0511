//! `lambda-img build` of one function.

use lambda_img::build::{self, BuildOptions};
use lambda_img::progress::Meter;
use lambda_img::work::Run;

use super::ci_outputs::CiOutputs;
use super::destination::{self, Destination};
use super::steps;
use crate::cli::options::build::Build;
use crate::cli::options::fleet::Fleet;
use crate::cli::options::interrupt;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::options::spec::spec;
use crate::cli::settings::Function;
use crate::cli::show::error::CliError;
use crate::cli::show::{
    built, clock, findings, json, left_out, past_support, progress, pushed, registry_cache, stdout, unpinned,
};

/// What makes the function, and what is called when that has run.
pub struct Commands<'f, F> {
    /// The function.
    pub function: &'f Function,
    /// What is called.
    pub after: F,
}

/// Builds one function, called `name`. What can be refused is, before the commands that make it run.
pub fn build(
    options: &Build,
    name: &str,
    (ci, fleet): (&CiOutputs<'_>, &Fleet),
    commands: Commands<'_, impl FnOnce()>,
) -> Result<(), CliError> {
    let interrupted = interrupt::watch()?;
    let output = &options.output;
    let (quiet, verbose, as_json) = (output.quiet, output.verbose > 0, output.json);
    let jobs = output.jobs.count();
    let outputs = output.outputs.iter().map(ToString::to_string);
    let names: Vec<_> = outputs.chain(output.tags.iter().map(ToString::to_string)).collect();
    let destination = Destination::of([options]);
    let context = match output.push {
        true => {
            let context = output.net.context_to(jobs, quiet, &output.tags, output.create_repository)?;
            options.image.base_copies.in_context(context)
        }
        false => options.reading(jobs)?,
    };
    let context = output.registry_cache.in_context(context);
    let meter = Meter::default();
    let run = Run { meter: &meter, ..Run::new(jobs, interrupted) };
    let Commands { function, after } = commands;
    if function.pre_build != PreBuild::Nothing {
        let (spec, destinations, run_options) = spec(options, clock::now())?;
        build::refuse(&spec, &destinations, &run_options, &context)?;
    }
    let made = function.pre_build.run(&function.dir, quiet);
    after();
    made?;
    let (spec, destinations, run_options) = spec(options, clock::now())?;
    let run_options = fleet.with_steps(BuildOptions { written: ci.files(), ..run_options });
    let building = progress::during([(name, &meter)], quiet, |lines| {
        lines.begun(0);
        build::build(&spec, &destinations, &run_options, run, &context).map_err(Box::new)
    });
    let built = match building {
        Ok(built) => built,
        Err(error) => {
            if !quiet {
                registry_cache::after_failure(&context);
            }
            pushed::stopped(&error, as_json, json::build::Build::Stopped)?;
            return Err((*error).into());
        }
    };

    if !quiet {
        let is_shown =
            |text: &String| unpinned::is_shown(text, destination == Destination::Push, &context.cache);
        let unpinned = built.unpinned.as_ref().map(unpinned::warning).filter(is_shown);
        for warning in built.warnings.iter().chain(&unpinned) {
            status!("warning: {warning}");
        }
        registry_cache::denied(&context);
        if let Some(warning) = past_support::warning(&built.profile) {
            status!("warning: {warning}");
        }
        steps::audited(&built).iter().for_each(|line| status!("{line}"));
        left_out::note(&built).iter().for_each(|note| status!("{note}"));
        status_block!("{}", findings::brief(&built.checked));
        status_block!("{}", built::report(&built, verbose));
        if verbose {
            status_block!("{}", built::spent([&meter].into_iter()));
        }
        if !built.pushed.is_empty() {
            status!("pushed");
            built.pushed.iter().for_each(|(_, one)| status_block!("{}", pushed::report(one, verbose)));
            destination::here(&built).for_each(|one| status!("written {one}"));
        }
        built.registry_cache.iter().for_each(|one| status!("{}", built::exchanged(*one)));
        if destination == Destination::Nowhere {
            status!("`--dry-run`: nothing was written; a build would write {}", names.join(", "));
        }
    }
    if let Some(warning) = built.registry_cache.and_then(built::unverified) {
        status!("warning: {warning}");
    }
    let object = json::build::Build::Built((&built).into());
    // First what is published: it is printed also where a file for later CI steps cannot be written.
    if as_json { stdout::print_json(&object) } else { stdout::print(&destination.lines(None, &built)) }?;
    ci.write(destination, &[(name, &built)], &destination.refs(&built), &object)
}
