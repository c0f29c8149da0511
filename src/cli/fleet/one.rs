//! `lambda-img build` of one function.

use lambda_img::build::{self, BuildOptions};
use lambda_img::progress::Meter;
use lambda_img::work::Run;

use super::ci_outputs::CiOutputs;
use super::destination::{self, Destination};
use crate::cli::options::build::Build;
use crate::cli::options::interrupt;
use crate::cli::options::spec::spec;
use crate::cli::show::error::CliError;
use crate::cli::show::{
    built, clock, findings, json, left_out, past_support, progress, pushed, stdout, unpinned,
};

/// Builds one function, called `name`.
pub fn build(options: &Build, name: &str, ci: &CiOutputs<'_>) -> Result<(), CliError> {
    let began = clock::now();
    let interrupted = interrupt::watch()?;
    let output = &options.output;
    let (quiet, verbose, as_json) = (output.quiet, output.verbose > 0, output.json);
    let jobs = output.jobs.count();
    let outputs = output.outputs.iter().map(ToString::to_string);
    let names: Vec<_> = outputs.chain(output.tags.iter().map(ToString::to_string)).collect();
    let destination = Destination::of([options]);
    let context = match output.push {
        true => output.net.context_to(jobs, quiet, &output.tags, output.create_repository)?,
        false => options.reading(jobs)?,
    };
    let (spec, destinations, run_options) = spec(options, began)?;
    let run_options = BuildOptions { written: ci.files(), ..run_options };
    let meter = Meter::default();
    let run = Run { meter: &meter, ..Run::new(jobs, interrupted) };
    let building = progress::during([(name, &meter)], quiet, |lines| {
        lines.begun(0);
        build::build(&spec, &destinations, &run_options, run, &context).map_err(Box::new)
    });
    let built = match building {
        Ok(built) => built,
        Err(error) => {
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
        if let Some(warning) = past_support::warning(&built.profile) {
            status!("warning: {warning}");
        }
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
        if destination == Destination::Nowhere {
            status!("`--dry-run`: nothing was written; a build would write {}", names.join(", "));
        }
    }
    let object = json::build::Build::Built((&built).into());
    // First what is published: it is printed also where a file for later CI steps cannot be written.
    if as_json { stdout::print_json(&object) } else { stdout::print(&destination.lines(None, &built)) }?;
    ci.write(destination, &[(name, &built)], &destination.refs(&built), &object)
}
