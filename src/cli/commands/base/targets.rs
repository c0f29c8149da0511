//! The base images that the options of `lambda-img base` select, and the reader for them.

use lambda_img::arch::Arch;
use lambda_img::build::BuildError;
use lambda_img::context::Context;
use lambda_img::digest::Digest;
use lambda_img::epoch::Epoch;
use lambda_img::image::{Image, Layer};
use lambda_img::reference::Reference;
use lambda_img::runtime::{self, RuntimeProfile};
use lambda_img::source;
use lambda_img::source::pins::Pin;
use lambda_img::source::{ImageRef, SourceEnv, SourceError};
use lambda_img::store::Staging;
use lambda_img::work::Run;

use crate::cli::options::base_repository::BaseRepository;
use crate::cli::options::interrupt;
use crate::cli::options::jobs::Jobs;
use crate::cli::options::lock_file::Lock;
use crate::cli::options::registries::Network;
use crate::cli::settings::registry_access;
use crate::cli::show::clock;
use crate::cli::show::error::CliError;

#[derive(clap::Args)]
#[group(skip)]
pub struct Bases {
    /// Select the base image of this runtime; repeatable [default: every pin of lambda-img.lock]
    #[arg(short, long = "runtime", value_name = "ID", value_delimiter = ',')]
    pub runtimes: Vec<String>,
    /// Select x86_64 or arm64; repeatable [default: every architecture of the runtime or the pins]
    #[arg(short, long = "arch", value_name = "ARCH", value_delimiter = ',')]
    pub archs: Vec<Arch>,
    #[command(flatten)]
    pub net: Network,
    /// Print one JSON object (docs/schemas/base-COMMAND.json)
    #[arg(long)]
    pub json: bool,
    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// The same, where pinned ones may be copies.
#[derive(clap::Args)]
#[group(skip)]
pub struct CopiedBases {
    #[command(flatten)]
    pub bases: Bases,
    #[command(flatten)]
    pub copies: BaseRepository,
}

/// A runtime's base for an architecture.
pub struct Target {
    /// The runtime.
    pub profile: RuntimeProfile,
    /// The architecture.
    pub arch: Arch,
    /// The image, as AWS calls it.
    pub reference: Reference,
}

/// The bases that the options name, in their order; without `--runtime`, those of the lock file.
pub fn targets(runtimes: &[String], archs: &[Arch], lock: &Lock) -> Result<Vec<Target>, CliError> {
    let mut wanted: Vec<(RuntimeProfile, Arch)> = Vec::new();
    if runtimes.is_empty() {
        for pin in lock.pins.iter().filter(|pin| archs.is_empty() || archs.contains(&pin.arch)) {
            wanted.push((runtime::profile(&pin.runtime)?, pin.arch));
        }
    }
    for id in runtimes {
        let profile = runtime::profile(id)?;
        let archs = if archs.is_empty() { &profile.architectures } else { archs };
        wanted.extend(archs.iter().map(|arch| (profile.clone(), *arch)));
    }
    let mut targets: Vec<Target> = Vec::new();
    for (profile, arch) in wanted {
        let reference =
            profile.image(arch)?.parse().map_err(|error| BuildError::Base(SourceError::Reference(error)))?;
        if !targets.iter().any(|target| target.profile.id == profile.id && target.arch == arch) {
            targets.push(Target { profile, arch, reference });
        }
    }
    if targets.is_empty() { Err(CliError::NoRuntime) } else { Ok(targets) }
}

/// What reads bases.
pub struct Reader {
    context: Context,
    /// How it reads.
    pub run: Run<'static>,
}

impl Reader {
    /// One that will read `references`.
    pub fn new(args: &Bases, references: &[&Reference]) -> Result<Self, CliError> {
        let jobs = Jobs::default().count();
        let run = Run::new(jobs, interrupt::watch()?);
        let hosts: Vec<_> = references.iter().map(|reference| args.net.host(reference)).collect();
        Ok(Self { context: args.net.context(jobs, args.quiet, &hosts)?, run })
    }

    /// The same, which reads pinned ones from the repository of copies.
    pub fn with_copies(self, copies: &BaseRepository) -> Result<Self, CliError> {
        let mut copies = copies.clone();
        registry_access::complete_copies(&mut copies)?;
        Ok(Self { context: copies.in_context(self.context), ..self })
    }

    /// The image of a target: the one that `pin` holds, else the one that the registry has now.
    pub fn read(&self, target: &Target, pin: Option<&Pin>) -> Result<Image, CliError> {
        let reference = named(target, pin);
        let staging = Staging::nowhere();
        let at =
            SourceEnv { staging: &staging, run: self.run, epoch: Epoch::default(), context: &self.context };
        let digest = pin.map(|pin| pin.digest);
        let base = ImageRef::Registry(reference.clone());
        Ok(source::load(&base, digest, target.arch, &[], &at).map_err(BuildError::Base)?)
    }

    /// Fetches layers into the cache, each with the name of its base.
    pub fn fetch(&self, layers: Vec<(String, Layer)>) -> Result<(), CliError> {
        self.context.progress.expecting(&source::coming(&layers, &self.context.cache));
        Ok(source::prefetch(layers, self.run).map_err(BuildError::Base)?)
    }

    /// The pin of a target, as it is now.
    pub fn look_up(&self, target: &Target) -> Result<Pin, CliError> {
        let image = self.read(target, None)?;
        Ok(Pin {
            runtime: target.profile.id.clone(),
            arch: target.arch,
            reference: target.reference.clone(),
            digest: image.digest,
            config: image.config.digest(),
            date: clock::today(),
        })
    }
}

/// What a target is called: as the lock file has it, where it has it.
pub fn named<'a>(target: &'a Target, pin: Option<&'a Pin>) -> &'a Reference {
    pin.map_or(&target.reference, |pin| &pin.reference)
}

/// Each target with its pin. Says where a pin is of another image than the runtime has by now: a build
/// does not find it.
pub fn pinned_targets<'a>(
    args: &Bases,
    targets: &'a [Target],
    lock: &'a Lock,
) -> Vec<(&'a Target, Option<&'a Pin>)> {
    let pair = |target: &'a Target| {
        let (id, arch) = (&target.profile.id, target.arch);
        let pin = lock.pins.get(id, arch);
        if let Some(pin) = pin.filter(|pin| pin.reference != target.reference) {
            let (old, new) = (&pin.reference, &target.reference);
            let command = format!("`lambda-img base update --runtime {id} --arch {arch}`");
            say(
                args,
                &format!(
                    "warning: the lock file pins `{old}`, but builds use `{new}`: update the pin with \
                          {command}"
                ),
            );
        }
        (target, pin)
    };
    targets.iter().map(pair).collect()
}

/// `registry/repository:tag@digest`
pub fn pinned(reference: &Reference, digest: Digest) -> String {
    reference.with_digest(digest).to_string()
}

/// For people.
pub fn say(args: &Bases, text: &str) {
    if !args.quiet {
        status!("{text}");
    }
}
