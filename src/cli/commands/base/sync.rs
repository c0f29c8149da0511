//! `lambda-img base sync`: copies the pinned bases into a repository, from where builds read them.

use lambda_img::build;
use lambda_img::epoch::Epoch;
use lambda_img::progress::Meter;
use lambda_img::publish::registry::Pushed;
use lambda_img::reference::Reference;
use lambda_img::source::SourceEnv;
use lambda_img::source::pins::Pin;
use lambda_img::store::Staging;
use lambda_img::work::Run;

use super::targets::{Bases, pinned, pinned_targets, targets};
use crate::cli::options::base_repository::BaseRepository;
use crate::cli::options::headings::IMAGE;
use crate::cli::options::interrupt;
use crate::cli::options::jobs::Jobs;
use crate::cli::options::lock_file::{self, Lock};
use crate::cli::options::references;
use crate::cli::settings::registry_access;
use crate::cli::show::error::CliError;
use crate::cli::show::json::base as json;
use crate::cli::show::json::values::Version;
use crate::cli::show::{progress, pushed, stdout, usage};

#[derive(clap::Args)]
#[group(skip)]
pub struct BaseSync {
    #[command(flatten)]
    pub bases: Bases,
    /// Copy them to this repository, from which builds with the same option read them
    #[arg(help_heading = IMAGE, long, value_name = "HOST/REPOSITORY", value_parser = references::repository)]
    pub base_repository: Option<Reference>,
    /// Create a missing repository in Amazon ECR, with immutable tags and scan on push
    #[arg(long)]
    pub create_repository: bool,
}

pub fn run(mut args: BaseSync) -> Result<(), CliError> {
    if args.bases.net.offline {
        return Err(usage::options::offline("base sync"));
    }
    let mut copies = BaseRepository { base_repository: args.base_repository.take() };
    registry_access::complete_copies(&mut copies)?;
    let Some(repository) = copies.base_repository else {
        return Err(usage::commands::no_base_repository());
    };
    let lock = lock_file::find()?;
    let pins = pins(&args.bases, &lock)?;
    let copied = copy(&pins, &repository, &args)?;
    if !args.bases.json {
        return stdout::print(&pushed::lines(&copied));
    }
    let bases = pins.iter().zip(&copied).map(|(pin, one)| json::Synced::of(pin, one)).collect();
    let lock = lock.path.display().to_string();
    stdout::print_json(&json::Sync { version: Version, lock, repository: repository.to_string(), bases })
}

/// The pins that the options select: each is one image, of one architecture. `--runtime` without `--arch` means the
/// architectures that are pinned.
fn pins(args: &Bases, lock: &Lock) -> Result<Vec<Pin>, CliError> {
    if lock.pins.iter().next().is_none() {
        return Err(usage::commands::nothing_pinned(&args.runtimes));
    }
    let targets = targets(&args.runtimes, &args.archs, lock)?;
    let is_pinned = |id: &str| lock.pins.iter().any(|pin| pin.runtime == id);
    let mut pins = Vec::new();
    for (target, pin) in pinned_targets(args, &targets, lock) {
        let id = &target.profile.id;
        match pin {
            Some(pin) => pins.push(pin.clone()),
            None if args.archs.is_empty() && is_pinned(id) => {}
            None => return Err(CliError::NotPinned { runtime: id.clone(), arch: target.arch }),
        }
    }
    Ok(pins)
}

/// Copies each pin, in order, and says so.
fn copy(pins: &[Pin], repository: &Reference, args: &BaseSync) -> Result<Vec<Pushed>, CliError> {
    let (jobs, Bases { net, quiet, .. }) = (Jobs::default().count(), &args.bases);
    let context = net.context_to(jobs, *quiet, std::slice::from_ref(repository), args.create_repository)?;
    let (staging, interrupted) = (Staging::nowhere(), interrupt::watch()?);
    let copy = |pin: &Pin| {
        let (meter, name) = (Meter::default(), pinned(&pin.reference, pin.digest));
        let run = Run { meter: &meter, ..Run::new(jobs, interrupted) };
        let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
        let one = progress::during([(name.as_str(), &meter)], *quiet, |lines| {
            lines.begun(0);
            build::sync_base(pin, repository, &at).map_err(Box::new)
        });
        let one = one.map_err(CliError::Push)?;
        if !quiet {
            status_block!("{}", pushed::summary(&one));
        }
        Ok(one)
    };
    pins.iter().map(copy).collect()
}
