//! `lambda-img rebase`: puts the layers of images on the new base of their runtime.

#[cfg(feature = "aws")]
mod account;
#[cfg(target_os = "linux")]
mod answers;
#[cfg(feature = "aws")]
mod archived;
mod arguments;
mod names;

use std::env;
use std::error::Error;

use clap::ArgMatches;
use lambda_img::build::BuildError;
use lambda_img::epoch::Epoch;
use lambda_img::publish::registry;
use lambda_img::rebase::{self, BaseFiles, Plan, RebaseError, Rebased, Wanted};
use lambda_img::reference::Reference;
use lambda_img::source::pins::Pins;
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::work::Run;

pub use self::arguments::Rebase;
use crate::cli::options::interrupt;
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;
use crate::cli::show::json::rebase as json;
use crate::cli::show::{pushed, rebase as shown, stdout, usage};

/// An image to put on another base.
struct Meant {
    image: ImageRef,
    /// The versions of functions that use it, where they were asked for.
    used_by: Option<Vec<String>>,
}

/// One image: what it is called, its plan, and its new name.
struct One {
    name: String,
    used_by: Option<Vec<String>>,
    plan: Result<Plan, RebaseError>,
    target: Option<Reference>,
}

impl One {
    fn rebased(&self) -> Option<&Rebased> {
        self.plan.as_ref().ok()?.rebased.as_ref()
    }

    /// Why it is left out: of all images of an account, some are not on a known base.
    fn left_out(&self) -> Option<&RebaseError> {
        let error = self.plan.as_ref().err().filter(|_| self.used_by.is_some())?;
        error.is_of_the_base().then_some(error)
    }

    fn is_failed(&self) -> bool {
        self.plan.is_err() && self.left_out().is_none()
    }
}

pub fn run(mut args: Rebase, given: &ArgMatches) -> Result<(), CliError> {
    if args.push && args.net.offline {
        return Err(usage::options::offline("rebase"));
    }
    let images = meant(&args, given)?;
    if images.len() > 1 && args.new_tag.is_some() {
        return Err(usage::commands::one_tag_of_several_images(images.len()));
    }
    #[cfg(target_os = "linux")]
    let trials = answers::Trials::of(&args)?;
    let interrupted = interrupt::watch()?;
    let jobs = args.jobs.count();
    let read = images.iter().map(|meant| &meant.image).chain(&args.to).chain(&args.assume_base);
    let read = read.filter_map(|image| match image {
        ImageRef::Registry(reference) => Some(reference),
        _ => None,
    });
    let hosts: Vec<_> = read.map(|reference| args.net.host(reference)).collect();
    let context = args.net.context(jobs, args.quiet, &hosts)?;
    let staging = Staging::inside(&env::temp_dir()).map_err(CliError::File)?;
    let run = Run::new(jobs, interrupted);
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let checking = std::mem::take(&mut args.checks).checking(None, args.arch)?;
    let known = BaseFiles::default();
    let mut all = Vec::new();
    for Meant { image, used_by } in images {
        let want = Wanted {
            image: image.clone(),
            arch: args.arch,
            runtime: args.runtime.clone(),
            to: args.to.clone(),
            assume_base: args.assume_base.clone(),
            pins: Pins::default(),
        };
        let plan = match rebase::plan(&want, &known, &checking, &at) {
            Err(RebaseError::Interrupted(error)) => return Err(RebaseError::from(error).into()),
            plan => plan,
        };
        #[cfg(feature = "aws")]
        let plan = plan.map_err(|error| archived::explained(&args, error));
        let mut one = One { name: image.to_string(), used_by, plan, target: None };
        if let Some(rebased) = one.rebased() {
            let (tag, repository) = (args.new_tag.as_deref(), args.repository.as_ref());
            one.target = names::target(&image, &rebased.image, tag, repository)?;
        }
        #[cfg(target_os = "linux")]
        if let Ok(plan) = &mut one.plan {
            trials.judge(plan, &at)?;
        }
        all.push(one);
    }
    finish(&args, all, &at)
}

/// The images that the command line means.
fn meant(args: &Rebase, given: &ArgMatches) -> Result<Vec<Meant>, CliError> {
    let settings = Settings::find()?;
    let mut all = Vec::new();
    for word in &args.images {
        let images = names::images(word, given, &settings)?;
        all.extend(images.into_iter().map(|image| Meant { image, used_by: None }));
    }
    if let Some(registry) = &args.account {
        #[cfg(feature = "aws")]
        for (image, used_by) in account::images(args, registry)? {
            all.push(Meant { image, used_by: Some(used_by) });
        }
        #[cfg(not(feature = "aws"))]
        return Err(usage::options::no_aws(registry));
    }
    Ok(all)
}

/// Pushes if all may be pushed, and shows what was found.
fn finish(args: &Rebase, mut all: Vec<One>, at: &SourceEnv<'_>) -> Result<(), CliError> {
    if let [One { plan: Err(_), used_by: None, .. }] = &all[..]
        && !args.json
    {
        return match all.remove(0).plan {
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        };
    }
    if args.push && !(args.quiet || args.json) {
        all.iter().for_each(|one| status_block!("{}", text(one, args.all_files)));
    }
    let count = |is: &dyn Fn(&One) -> bool| all.iter().filter(|one| is(one)).count();
    let failed = count(&One::is_failed);
    let differing = count(&|one| one.rebased().is_some_and(Rebased::only_answers_differ));
    let refused = count(&|one| one.rebased().is_some_and(Rebased::is_refused)) - differing;
    let stopped = failed + differing + refused;
    let done = if args.push && stopped == 0 { push(args, &all, at)? } else { Vec::new() };
    if args.json {
        let images = all.iter().map(object).collect();
        stdout::print_json(&json::Rebase::of(images, &done))?;
    } else if args.push {
        stdout::print(&pushed::lines(&done))?;
        if args.quiet && stopped > 0 {
            all.iter().for_each(|one| status_block!("{}", text(one, args.all_files)));
        }
    } else {
        stdout::print(&all.iter().map(|one| text(one, args.all_files)).collect::<String>())?;
    }
    match stopped {
        0 => Ok(()),
        _ => Err(CliError::NotRebased { refused, differing, failed, of: all.len() }),
    }
}

fn push(args: &Rebase, all: &[One], at: &SourceEnv<'_>) -> Result<Vec<registry::Pushed>, CliError> {
    let mut images = Vec::new();
    for one in all {
        let Some(rebased) = one.rebased() else { continue };
        let target =
            one.target.as_ref().ok_or_else(|| usage::commands::rebase_needs_repository(&one.name))?;
        images.push((&rebased.image, std::slice::from_ref(target)));
    }
    match registry::push(&images, at.context, at.run) {
        Ok(done) => {
            let done: Vec<_> = done.into_iter().flatten().collect();
            if !args.quiet {
                done.iter().for_each(|one| status_block!("{}", pushed::report(one, false)));
            }
            Ok(done)
        }
        Err(error) => {
            let error = BuildError::from(error);
            if let (Some(stopped), false) = (pushed::partly(&error), args.json) {
                status_block!("{}", pushed::published_lines(stopped));
                stdout::print(&pushed::lines(&stopped.pushed))?;
            }
            Err(CliError::Push(Box::new(error)))
        }
    }
}

fn text(one: &One, all_files: bool) -> String {
    let used_by = one.used_by.as_deref().unwrap_or_default();
    match &one.plan {
        Ok(plan) => shown::plan(&one.name, plan, used_by, one.target.as_ref(), all_files),
        Err(error) => {
            let what = if one.left_out().is_some() { "left out" } else { "error" };
            shown::without_plan(&one.name, used_by, &format!("{what}: {}", with_causes(error)))
        }
    }
}

fn object(one: &One) -> json::Image<'_> {
    let target = one.target.as_ref().map(ToString::to_string);
    let image = json::Image::of(&one.name, one.used_by.as_deref());
    match (&one.plan, one.left_out()) {
        (Ok(plan), _) => image.planned(plan, target),
        (_, Some(why)) => image.left_out(with_causes(why)),
        (Err(error), None) => image.failed(with_causes(error)),
    }
}

fn with_causes(error: &RebaseError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}
