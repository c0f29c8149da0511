//! `lambda-img base`: lists and pulls base images, and pins them in the lock file.

mod sync;
mod targets;

use clap::Subcommand;
use lambda_img::arch::Arch;
use lambda_img::runtime::{self, verify};
use lambda_img::source::pins::Pin;
use serde::Serialize;

pub use self::sync::BaseSync;
pub use self::targets::CopiedBases;
use self::targets::{Bases, Reader, Target, named, pinned, pinned_targets, say, targets};
use crate::cli::options::cache_dir::CacheDir;
use crate::cli::options::lock_file::{self, Lock};
use crate::cli::show::error::CliError;
use crate::cli::show::json::base as json;
use crate::cli::show::json::values::{Pinned, Version};
use crate::cli::show::usage;
use crate::cli::show::{progress, stdout, ui};

#[derive(Subcommand)]
pub enum BaseCommand {
    /// List the pins of lambda-img.lock
    List(BaseList),
    /// Pin base images in lambda-img.lock; existing pins stay
    Lock(Bases),
    /// Update pins to the current images of the registry, and print old and new
    Update(Bases),
    /// Compare the configuration of base images with what their runtimes need
    Verify(CopiedBases),
    /// Fetch base images into the cache, for builds with --offline
    Pull(CopiedBases),
    /// Copy the pinned base images into a repository of yours, for builds with --base-repository
    Sync(BaseSync),
}

#[derive(clap::Args)]
#[group(skip)]
pub struct BaseList {
    /// List only the pins of this runtime; repeatable
    #[arg(short, long = "runtime", value_name = "ID", value_delimiter = ',')]
    pub runtimes: Vec<String>,
    /// List only the pins for x86_64 or arm64; repeatable
    #[arg(short, long = "arch", value_name = "ARCH", value_delimiter = ',')]
    pub archs: Vec<Arch>,
    /// Print one JSON object (docs/schemas/base-list.json)
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub cache: CacheDir,
}

pub fn run(command: BaseCommand) -> Result<(), CliError> {
    match command {
        BaseCommand::List(args) => list(&args),
        BaseCommand::Lock(args) => lock(&args),
        BaseCommand::Update(args) => update(&args),
        BaseCommand::Verify(args) => check(&args),
        BaseCommand::Pull(args) => pull(&args),
        BaseCommand::Sync(args) => sync::run(args),
    }
}

/// Prints lines, or the object of what is known of each base.
fn print_bases<T, O: Serialize>(
    json: bool,
    lock: &Lock,
    lines: &str,
    bases: Vec<T>,
    object: fn(json::Bases<T>) -> O,
) -> Result<(), CliError> {
    if !json {
        return stdout::print(lines);
    }
    let lock = lock.path.is_file().then(|| lock.path.display().to_string());
    stdout::print_json(&object(json::Bases { version: Version, lock, bases }))
}

fn lock(args: &Bases) -> Result<(), CliError> {
    let mut lock = lock_file::find_to_change()?;
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    let references: Vec<_> = targets.iter().map(|target| &target.reference).collect();
    let (reader, mut out, mut bases, mut added) =
        (Reader::new(args, &references)?, String::new(), Vec::new(), 0);
    let mut tell = |pin: &Pin, added: bool| {
        out += &format!("{}\n", pinned(&pin.reference, pin.digest));
        bases.push(json::Locked { pin: pin.into(), added });
    };
    for target in &targets {
        let (id, arch) = (target.profile.id.as_str(), target.arch);
        if let Some(pin) = lock.pins.get(id, arch) {
            say(
                args,
                &format!("{id} for {arch} is pinned since {}; `base update` updates the pin", pin.date),
            );
            tell(pin, false);
            continue;
        }
        if args.net.offline {
            return Err(usage::commands::cannot_pin_offline(id, arch));
        }
        let pin = reader.look_up(target)?;
        tell(&pin, true);
        lock.pins.put(pin);
        added += 1;
    }
    if added > 0 {
        lock.write()?;
        say(args, &format!("wrote `{}`", lock.path.display()));
    }
    print_bases(args.json, &lock, &out, bases, json::Lock)
}

fn update(args: &Bases) -> Result<(), CliError> {
    if args.net.offline {
        return Err(usage::options::offline("base update"));
    }
    let mut lock = lock_file::find_to_change()?;
    if lock.pins.iter().next().is_none() {
        return Err(usage::commands::nothing_pinned(&args.runtimes));
    }
    let (mut rows, mut bases) = (Vec::new(), Vec::new());
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    // `--runtime` without `--arch` means those that are pinned.
    let wanted =
        |target: &Target| !args.archs.is_empty() || lock.pins.get(&target.profile.id, target.arch).is_some();
    let (wanted, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(wanted);
    let unknown = |target: &Target| !wanted.iter().any(|other| other.profile.id == target.profile.id);
    if let Some(target) = others.iter().find(|target| unknown(target)) {
        return Err(CliError::NotPinned { runtime: target.profile.id.clone(), arch: target.arch });
    }
    let references: Vec<_> = wanted.iter().map(|target| &target.reference).collect();
    let reader = Reader::new(args, &references)?;
    for target in &wanted {
        let (id, arch) = (target.profile.id.clone(), target.arch);
        let Some(old) = lock.pins.get(&id, arch).cloned() else {
            return Err(CliError::NotPinned { runtime: id, arch });
        };
        let new = reader.look_up(target)?;
        let moved = (&new.reference, new.digest) != (&old.reference, old.digest);
        let before = Pinned(pinned(&old.reference, old.digest));
        bases.push(json::Updated { pin: (if moved { &new } else { &old }).into(), moved, before });
        if !moved {
            say(args, &format!("{id} for {arch} is still {}", old.digest));
            continue;
        }
        let (before, after) = (pinned(&old.reference, old.digest), pinned(&new.reference, new.digest));
        rows.push(vec![id, arch.to_string(), before, "->".to_owned(), after]);
        lock.pins.put(new);
    }
    if !rows.is_empty() {
        lock.write()?;
        say(args, &format!("wrote `{}`", lock.path.display()));
    }
    print_bases(args.json, &lock, &ui::table(&rows, &[]), bases, json::Update)
}

fn check(CopiedBases { bases: args, copies }: &CopiedBases) -> Result<(), CliError> {
    let lock = lock_file::find()?;
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    let pairs = pinned_targets(args, &targets, &lock);
    let references: Vec<_> = pairs.iter().map(|(target, pin)| named(target, *pin)).collect();
    let (reader, mut out, mut bases, mut differ) =
        (Reader::new(args, &references)?.with_copies(copies)?, String::new(), Vec::new(), 0);
    for (target, pin) in pairs {
        let (id, arch) = (&target.profile.id, &target.arch);
        let image = reader.read(target, pin)?;
        let differences = verify::differences(&image.config, &target.profile.expected);
        let name = pinned(named(target, pin), image.digest);
        match differences.len() {
            0 => say(args, &format!("{id} for {arch} is as expected: {name}")),
            count => {
                differ += 1;
                let all = ui::count(count, "difference", "differences");
                say(args, &format!("{id} for {arch} has {all}: {name}"));
            }
        }
        let differences: Vec<_> = differences.iter().map(ToString::to_string).collect();
        out.extend(differences.iter().map(|one| format!("{id} {arch}: {}\n", ui::clean(one))));
        let base = json::Base::of(id, *arch, named(target, pin), image.digest);
        bases.push(json::Verified { base, differences });
    }
    print_bases(args.json, &lock, &out, bases, json::Verify)?;
    if differ > 0 { Err(CliError::Differences { bases: differ }) } else { Ok(()) }
}

fn pull(CopiedBases { bases: args, copies }: &CopiedBases) -> Result<(), CliError> {
    let lock = lock_file::find()?;
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    let pairs = pinned_targets(args, &targets, &lock);
    let references: Vec<_> = pairs.iter().map(|(target, pin)| named(target, *pin)).collect();
    let (reader, mut out, mut bases) =
        (Reader::new(args, &references)?.with_copies(copies)?, String::new(), Vec::new());
    for (target, pin) in pairs {
        let image = reader.read(target, pin)?;
        bases.push(json::Base::of(&target.profile.id, target.arch, named(target, pin), image.digest));
        let name = pinned(named(target, pin), image.digest);
        let layers = image.layers.into_iter().map(|layer| (name.clone(), layer)).collect();
        progress::during([], args.quiet, |_| reader.fetch(layers))?;
        out += &format!("{name}\n");
    }
    print_bases(args.json, &lock, &out, bases, json::Pull)
}

fn list(args: &BaseList) -> Result<(), CliError> {
    let lock = lock_file::find()?;
    for id in &args.runtimes {
        runtime::profile(id)?;
    }
    let asked = |pin: &&Pin| {
        let all = (args.runtimes.is_empty(), args.archs.is_empty());
        (all.0 || args.runtimes.contains(&pin.runtime)) && (all.1 || args.archs.contains(&pin.arch))
    };
    let cache = args.cache.open(false)?;
    let mut rows = vec![["RUNTIME", "ARCH", "DATE", "CACHED", "BASE"].map(str::to_owned).to_vec()];
    let mut bases = Vec::new();
    for pin in lock.pins.iter().filter(asked) {
        let cached = cache.document(pin.digest).map_err(CliError::Cache)?.is_some_and(|bytes| {
            let manifest = lambda_img::image::Manifest::parse(&bytes);
            let has = |blob: &lambda_img::image::Descriptor| cache.has(blob.digest, blob.size);
            manifest.is_ok_and(|all| has(&all.config) && all.layers.iter().all(has))
        });
        let Pin { runtime, arch, reference, digest, date, .. } = pin;
        let word = if cached { "yes" } else { "no" };
        let base = pinned(reference, *digest);
        rows.push(
            [runtime, &arch.to_string(), &date.to_string(), word, &base].map(ToString::to_string).into(),
        );
        bases.push(json::Listed { pin: pin.into(), cached });
    }
    if bases.is_empty() && !args.json {
        status!("no base is pinned; pin one with `lambda-img base lock --runtime ID`");
        return Ok(());
    }
    print_bases(args.json, &lock, &ui::table(&rows, &[]), bases, json::List)
}
