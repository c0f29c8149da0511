//! `lambda-img rebase`: puts the layers of images on the new base of their runtime.

mod names;

use std::env;
use std::error::Error;

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::build::BuildError;
use lambda_img::epoch::Epoch;
use lambda_img::publish::registry;
use lambda_img::rebase::{self, BaseFiles, Plan, RebaseError, Wanted};
use lambda_img::reference::Reference;
use lambda_img::source::pins::Pins;
use lambda_img::source::{ImageRef, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::work::Run;

use crate::cli::options::checks::Checks;
use crate::cli::options::jobs::Jobs;
use crate::cli::options::registries::Network;
use crate::cli::options::{interrupt, references, values};
use crate::cli::settings::Settings;
use crate::cli::show::error::CliError;
use crate::cli::show::json::rebase as json;
use crate::cli::show::{pushed, rebase as shown, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct Rebase {
    /// Rebase these images, or those that functions of lambda-img.toml are pushed as
    ///
    /// An image is REGISTRY/REPOSITORY[:TAG], oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME]. A
    /// function is a name in lambda-img.toml; its images are those that its key `tag` names.
    #[arg(required = true, value_name = "IMAGE|NAME")]
    pub images: Vec<String>,

    /// Take only images of this runtime
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Put the images on this base [default: what the tag of their base is now]
    #[arg(long, value_name = "BASE", value_parser = references::base)]
    pub to: Option<ImageRef>,

    /// Take the images to be on this base, if their first layers are its layers [default: what they say]
    #[arg(long, value_name = "BASE", value_parser = references::base)]
    pub assume_base: Option<ImageRef>,

    /// Rebase the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Show what would change and what was found, and push nothing (the default)
    #[arg(long, conflicts_with = "push")]
    pub plan: bool,

    /// Push the new images, if none is refused
    #[arg(long)]
    pub push: bool,

    /// Give the new image this tag [default: the old tag and the digest]
    // Not the key `tag` of a function, which says where the old image is.
    #[arg(long = "tag", value_name = "TAG")]
    pub new_tag: Option<String>,

    /// Push to this repository [default: that of the image]
    #[arg(long, value_name = "REGISTRY/REPOSITORY", value_parser = references::repository)]
    pub repository: Option<Reference>,

    /// List all files of the bases that differ
    #[arg(long)]
    pub all_files: bool,

    /// Apply [profiles.NAME] of lambda-img.toml
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub profile: Option<String>,

    #[command(flatten)]
    pub checks: Checks,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/rebase.json)
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub jobs: Jobs,

    /// Print only results and errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// One image: what it is called, its plan, and its new name.
struct One {
    name: String,
    plan: Result<Plan, RebaseError>,
    target: Option<Reference>,
}

impl One {
    fn is_refused(&self) -> bool {
        let rebased = self.plan.as_ref().ok().and_then(|plan| plan.rebased.as_ref());
        rebased.is_some_and(rebase::Rebased::is_refused)
    }
}

pub fn run(mut args: Rebase, given: &ArgMatches) -> Result<(), CliError> {
    if args.push && args.net.offline {
        return Err(usage::options::offline("rebase"));
    }
    let settings = Settings::find()?;
    let mut images = Vec::new();
    for word in &args.images {
        images.extend(names::images(word, given, &settings)?);
    }
    if images.len() > 1 && args.new_tag.is_some() {
        return Err(usage::commands::one_tag_of_several_images(images.len()));
    }
    let interrupted = interrupt::watch()?;
    let jobs = args.jobs.count();
    let read = images.iter().chain(&args.to).chain(&args.assume_base).filter_map(|image| match image {
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
    for image in images {
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
        let rebased = plan.as_ref().ok().and_then(|plan| plan.rebased.as_ref());
        let target = match rebased {
            Some(rebased) => {
                names::target(&image, &rebased.image, args.new_tag.as_deref(), args.repository.as_ref())?
            }
            None => None,
        };
        all.push(One { name: image.to_string(), plan, target });
    }
    finish(&args, all, &at)
}

/// Pushes if all may be pushed, and shows what was found.
fn finish(args: &Rebase, mut all: Vec<One>, at: &SourceEnv<'_>) -> Result<(), CliError> {
    if let [One { plan: Err(_), .. }] = &all[..]
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
    let failed = all.iter().filter(|one| one.plan.is_err()).count();
    let refused = all.iter().filter(|one| one.is_refused()).count();
    let done = if args.push && failed + refused == 0 { push(args, &all, at)? } else { Vec::new() };
    if args.json {
        let images = all.iter().map(object).collect();
        stdout::print_json(&json::Rebase::of(images, &done))?;
    } else if args.push {
        stdout::print(&pushed::lines(&done))?;
        if args.quiet && failed + refused > 0 {
            all.iter().for_each(|one| status_block!("{}", text(one, args.all_files)));
        }
    } else {
        stdout::print(&all.iter().map(|one| text(one, args.all_files)).collect::<String>())?;
    }
    match failed + refused {
        0 => Ok(()),
        _ => Err(CliError::NotRebased { refused, failed, of: all.len() }),
    }
}

fn push(args: &Rebase, all: &[One], at: &SourceEnv<'_>) -> Result<Vec<registry::Pushed>, CliError> {
    let mut images = Vec::new();
    for one in all {
        let Some(rebased) = one.plan.as_ref().ok().and_then(|plan| plan.rebased.as_ref()) else { continue };
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
    match &one.plan {
        Ok(plan) => shown::plan(&one.name, plan, one.target.as_ref(), all_files),
        Err(error) => format!("{}\n  error: {}\n", one.name, with_causes(error)),
    }
}

fn object(one: &One) -> json::Image<'_> {
    match &one.plan {
        Ok(plan) => json::Image::planned(&one.name, plan, one.target.as_ref().map(ToString::to_string)),
        Err(error) => json::Image::failed(&one.name, with_causes(error)),
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
