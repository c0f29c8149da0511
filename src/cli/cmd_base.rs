//! `lambda-img base`: which image each runtime's base is, held by the lock file.

use lambda_img::arch::Arch;
use lambda_img::base::lock::Pin;
use lambda_img::base::{self, BaseError, BaseRef, Workplace, prefetch};
use lambda_img::context::Context;
use lambda_img::digest::Digest;
use lambda_img::epoch::Epoch;
use lambda_img::image::Image;
use lambda_img::pack::Effort;
use lambda_img::pipeline::BuildError;
use lambda_img::reference::Reference;
use lambda_img::runtime::{self, RuntimeProfile, verify};
use lambda_img::store::Staging;
use serde_json::json;

use super::args::{BaseCommand, BaseList, Bases};
use super::failure::Failure;
use super::pins::{self, Lock};
use super::reading::threads;
use super::{Outcome, cmd_runtimes, signal, ui};

pub fn run(command: BaseCommand) -> Outcome {
    match command {
        BaseCommand::List(args) => list(&args),
        BaseCommand::Lock(args) => lock(&args),
        BaseCommand::Update(args) => update(&args),
        BaseCommand::Verify(args) => check(&args),
        BaseCommand::Pull(args) => pull(&args),
    }
}

/// A runtime's base for an architecture.
struct Target {
    profile: RuntimeProfile,
    arch: Arch,
    reference: Reference,
}

/// The bases that the options name, in their order; without `--runtime`, those of the lock file.
fn targets(runtimes: &[String], archs: &[Arch], lock: &Lock) -> Result<Vec<Target>, Failure> {
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
            profile.image(arch)?.parse().map_err(|error| BuildError::Base(BaseError::Reference(error)))?;
        if !targets.iter().any(|target| target.profile.id == profile.id && target.arch == arch) {
            targets.push(Target { profile, arch, reference });
        }
    }
    if targets.is_empty() { Err(Failure::NoRuntime) } else { Ok(targets) }
}

/// What reads bases.
struct Reader {
    context: Context,
    effort: Effort<'static>,
}

impl Reader {
    /// One that will read `references`.
    fn new(args: &Bases, references: &[&Reference]) -> Result<Self, Failure> {
        let jobs = threads(None);
        let effort = Effort::new(jobs, signal::watch()?);
        let hosts: Vec<_> = references.iter().map(|reference| args.net.host(reference)).collect();
        Ok(Self { context: args.net.context(jobs.get(), args.quiet, &hosts)?, effort })
    }

    /// The image of a target: the one that `pin` holds, else the one that the registry has now.
    fn read(&self, target: &Target, pin: Option<&Pin>) -> Result<Image, Failure> {
        let reference = named(target, pin);
        let staging = Staging::nowhere();
        let at = Workplace {
            staging: &staging,
            effort: self.effort,
            epoch: Epoch::default(),
            context: &self.context,
        };
        let digest = pin.map(|pin| pin.digest);
        let base = BaseRef::Registry(reference.clone());
        Ok(base::load(&base, digest, target.arch, &[], &at).map_err(BuildError::Base)?)
    }

    /// The pin of a target, as it is now.
    fn look_up(&self, target: &Target) -> Result<Pin, Failure> {
        let image = self.read(target, None)?;
        Ok(Pin {
            runtime: target.profile.id.clone(),
            arch: target.arch,
            reference: target.reference.clone(),
            digest: image.digest,
            config: image.config.digest(),
            date: cmd_runtimes::today(),
        })
    }
}

/// What a target is called: as the lock file has it, where it has it.
fn named<'a>(target: &'a Target, pin: Option<&'a Pin>) -> &'a Reference {
    pin.map_or(&target.reference, |pin| &pin.reference)
}

/// Each target with its pin. Says where a pin is of another image than the runtime has by now: a build
/// does not find it.
fn pinned_targets<'a>(
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
                &format!("warning: the lock file has `{old}`, builds want `{new}`: {command} moves the pin"),
            );
        }
        (target, pin)
    };
    targets.iter().map(pair).collect()
}

/// `registry/repository:tag@digest`
fn pinned(reference: &Reference, digest: Digest) -> String {
    reference.with_digest(digest).to_string()
}

fn say(args: &Bases, text: &str) {
    if !args.quiet {
        eprintln!("{text}");
    }
}

fn lock(args: &Bases) -> Outcome {
    let mut lock = pins::find_to_change()?;
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    let references: Vec<_> = targets.iter().map(|target| &target.reference).collect();
    let (reader, mut out, mut added) = (Reader::new(args, &references)?, String::new(), 0);
    for target in &targets {
        let (id, arch) = (target.profile.id.as_str(), target.arch);
        if let Some(pin) = lock.pins.get(id, arch) {
            say(args, &format!("{id} for {arch} is pinned since {}; `base update` moves it", pin.date));
            out += &format!("{}\n", pinned(&pin.reference, pin.digest));
            continue;
        }
        if args.net.offline {
            let error =
                format!("`{id}` for {arch} is not pinned, and only its registry knows which image it is");
            return Err(Failure::usage(&error, "leave `--offline` out"));
        }
        let pin = reader.look_up(target)?;
        out += &format!("{}\n", pinned(&pin.reference, pin.digest));
        lock.pins.put(pin);
        added += 1;
    }
    if added > 0 {
        lock.pins.write(&lock.path).map_err(Failure::Lock)?;
        say(args, &format!("wrote `{}`", lock.path.display()));
    }
    ui::print(&out)
}

fn update(args: &Bases) -> Outcome {
    if args.net.offline {
        return Err(Failure::usage("`base update` needs the network", "leave `--offline` out"));
    }
    let mut lock = pins::find_to_change()?;
    let mut rows = Vec::new();
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    // `--runtime` without `--arch` means those that are pinned.
    let wanted =
        |target: &Target| !args.archs.is_empty() || lock.pins.get(&target.profile.id, target.arch).is_some();
    let (wanted, others): (Vec<_>, Vec<_>) = targets.into_iter().partition(wanted);
    let unknown = |target: &Target| !wanted.iter().any(|other| other.profile.id == target.profile.id);
    if let Some(target) = others.iter().find(|target| unknown(target)) {
        return Err(Failure::NotPinned { runtime: target.profile.id.clone(), arch: target.arch });
    }
    let references: Vec<_> = wanted.iter().map(|target| &target.reference).collect();
    let reader = Reader::new(args, &references)?;
    for target in &wanted {
        let (id, arch) = (target.profile.id.clone(), target.arch);
        let Some(old) = lock.pins.get(&id, arch).cloned() else {
            return Err(Failure::NotPinned { runtime: id, arch });
        };
        let new = reader.look_up(target)?;
        if (&new.reference, new.digest) == (&old.reference, old.digest) {
            say(args, &format!("{id} for {arch} is still {}", old.digest));
            continue;
        }
        let (before, after) = (pinned(&old.reference, old.digest), pinned(&new.reference, new.digest));
        rows.push(vec![id, arch.to_string(), before, "->".to_owned(), after]);
        lock.pins.put(new);
    }
    if !rows.is_empty() {
        lock.pins.write(&lock.path).map_err(Failure::Lock)?;
        say(args, &format!("wrote `{}`", lock.path.display()));
    }
    ui::print(&ui::table(&rows, &[]))
}

fn check(args: &Bases) -> Outcome {
    let lock = pins::find()?;
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    let pairs = pinned_targets(args, &targets, &lock);
    let references: Vec<_> = pairs.iter().map(|(target, pin)| named(target, *pin)).collect();
    let (reader, mut out, mut differ) = (Reader::new(args, &references)?, String::new(), 0);
    for (target, pin) in pairs {
        let (id, arch) = (&target.profile.id, target.arch);
        let image = reader.read(target, pin)?;
        let differences = verify::differences(&image.config, &target.profile.expected);
        let name = pinned(named(target, pin), image.digest);
        match differences.len() {
            0 => say(args, &format!("{id} for {arch} is as expected: {name}")),
            count => {
                differ += 1;
                say(args, &format!("{id} for {arch} differs in {count}: {name}"));
            }
        }
        out.extend(
            differences
                .iter()
                .map(|difference| format!("{id} {arch}: {}\n", ui::clean(&difference.to_string()))),
        );
    }
    ui::print(&out)?;
    if differ > 0 { Err(Failure::Differences(differ)) } else { Ok(()) }
}

fn pull(args: &Bases) -> Outcome {
    let lock = pins::find()?;
    let targets = targets(&args.runtimes, &args.archs, &lock)?;
    let pairs = pinned_targets(args, &targets, &lock);
    let references: Vec<_> = pairs.iter().map(|(target, pin)| named(target, *pin)).collect();
    let (reader, mut out) = (Reader::new(args, &references)?, String::new());
    for (target, pin) in pairs {
        let image = reader.read(target, pin)?;
        let name = pinned(named(target, pin), image.digest);
        let layers = image.layers.into_iter().map(|layer| (name.clone(), layer)).collect();
        prefetch(layers, reader.effort).map_err(BuildError::Base)?;
        out += &format!("{name}\n");
    }
    ui::print(&out)
}

fn list(args: &BaseList) -> Outcome {
    let lock = pins::find()?;
    for id in &args.runtimes {
        runtime::profile(id)?;
    }
    let asked = |pin: &&Pin| {
        let all = (args.runtimes.is_empty(), args.archs.is_empty());
        (all.0 || args.runtimes.contains(&pin.runtime)) && (all.1 || args.archs.contains(&pin.arch))
    };
    let cache = args.cache.open()?;
    let mut rows = vec![["RUNTIME", "ARCH", "DATE", "CACHED", "BASE"].map(str::to_owned).to_vec()];
    let mut objects = Vec::new();
    for pin in lock.pins.iter().filter(asked) {
        let cached = cache.document(pin.digest).map_err(Failure::Cache)?.is_some_and(|bytes| {
            let manifest = lambda_img::image::Manifest::parse(&bytes);
            let has = |blob: &lambda_img::image::Descriptor| cache.has(blob.digest, blob.size);
            manifest.is_ok_and(|all| has(&all.config) && all.layers.iter().all(has))
        });
        let Pin { runtime, arch, reference, digest, config, date } = pin;
        let word = if cached { "yes" } else { "no" };
        let base = pinned(reference, *digest);
        rows.push(
            [runtime, &arch.to_string(), &date.to_string(), word, &base].map(ToString::to_string).into(),
        );
        objects.push(json!({
            "runtime": runtime, "architecture": arch.lambda(), "reference": reference.to_string(),
            "digest": digest.to_string(), "config": config.to_string(), "date": date.to_string(),
            "cached": cached,
        }));
    }
    if args.json {
        let path = lock.path.is_file().then(|| lock.path.display().to_string());
        return ui::print(&format!("{}\n", json!({ "version": 1, "lock": path, "bases": objects })));
    }
    if objects.is_empty() {
        eprintln!("nothing is pinned: `lambda-img base lock --runtime ID` pins");
        return Ok(());
    }
    ui::print(&ui::table(&rows, &[]))
}
