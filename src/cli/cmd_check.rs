//! `lambda-img check`: what Lambda would refuse or break.

use std::env;

use clap::{ArgMatches, FromArgMatches};
use lambda_img::arch::Arch;
use lambda_img::base::{BaseRef, Workplace};
use lambda_img::check::{Accepted, Wishes};
use lambda_img::epoch::Epoch;
use lambda_img::pack::Effort;
use lambda_img::pipeline::{self, BuildError, BuildSpec, Checked, Checking};
use lambda_img::store::Staging;

use super::failure::Failure;
use super::prepare::Prepare;
use super::reading::{Reading, threads};
use super::settings::{self, Function, Keys, Settings};
use super::values::{self, Source};
use super::{Outcome, clock, cmd_build, cmd_runtimes, findings, pins, sarif, signal, ui};

/// What is accepted of what is found before something is published.
#[derive(clap::Args, Default)]
pub struct Checks {
    /// Publish in spite of what a check finds; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Check the layers of the base, too, and those that only pass from registry to registry
    #[arg(long)]
    pub deep: bool,
}

impl Checks {
    /// The same as the line takes it.
    pub fn checking(self, runtime: Option<String>, arch: Option<Arch>) -> Result<Checking, Failure> {
        let accepted = Accepted::new(self.allow, Vec::new()).map_err(Failure::Check)?;
        let wishes = Wishes { arch, ..Wishes::default() };
        Ok(Checking { runtime, deep: self.deep, wishes, accepted, ask_base: false })
    }
}

#[derive(clap::Args)]
pub struct Check {
    // First: who reads the others takes them away.
    #[command(flatten)]
    pub typed: Typed,

    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry reference;
    /// or the name or path of a function, which is built and not kept [default: the only function of
    /// lambda-img.toml, else the current directory]
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: Option<String>,

    /// Lambda's identifier of the runtime [default: recognised]
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    #[command(flatten)]
    pub made: Made,

    /// Architecture of the function: x86_64 or arm64 [default: the image's]
    #[arg(short, long, value_name = "ARCH")]
    pub arch: Option<Arch>,

    /// Read layers that are known to be the base's, too
    #[arg(long)]
    pub deep: bool,

    /// Accept what a check finds; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Refuse what a check finds, also where it only warns; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub deny: Vec<String>,

    /// Region of the function
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Warn where the image is larger uncompressed: bytes, or with kB, MB, GB, KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_size: Option<u64>,

    /// The function uses SnapStart
    #[arg(long)]
    pub snapstart: bool,

    /// Ask the registry whether the tag of the base names another image by now
    #[arg(long)]
    pub ask_base: bool,

    /// Print one JSON object (docs/schemas/check.json)
    #[arg(long)]
    pub json: bool,

    /// Print SARIF 2.1.0
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,

    #[command(flatten)]
    pub reading: Reading,

    /// Say nothing but findings and errors
    #[arg(short, long)]
    pub quiet: bool,
}

/// How a function is made that is checked: read as it was typed, among what is set.
#[derive(clap::Args)]
pub struct Made {
    /// Settings of lambda-img.toml to prefer: its [profiles.NAME] [default: $LAMBDA_IMG_PROFILE]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Command that makes the function, run before it is built: for the shell, or a JSON array; `''` for
    /// none
    #[arg(long, value_name = "COMMAND")]
    prepare: Option<Prepare>,

    /// Base image of the function that is built [default: the runtime's own image]
    #[arg(short, long, value_name = "BASE")]
    base: Option<BaseRef>,

    /// Handler of the function that is built [default: the one usual in the language]
    #[arg(long, value_name = "H")]
    handler: Option<String>,
}

/// What was typed of the options that `build` has, too.
pub struct Typed(ArgMatches);

impl FromArgMatches for Typed {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

impl clap::Args for Typed {
    fn augment_args(command: clap::Command) -> clap::Command {
        command
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        command
    }
}

pub fn run(args: Check) -> Outcome {
    let wishes = Wishes {
        arch: args.arch,
        region: args.region.clone(),
        max_size: args.max_size,
        snapstart: args.snapstart,
        today: Some(cmd_runtimes::today()),
        base: None,
    };
    let checking = Checking {
        runtime: args.runtime.clone(),
        deep: args.deep,
        ask_base: args.ask_base,
        wishes,
        accepted: Accepted::new(args.allow.clone(), args.deny.clone()).map_err(Failure::Check)?,
    };
    let keys = Keys::new();
    let settings = Settings::find(&keys)?;
    let checked = match image(args.source.as_deref(), &settings)? {
        Some(source) => {
            let (context, effort) = args.reading.begin(args.quiet, [&source])?;
            let staging = Staging::nowhere();
            let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
            pipeline::check(&source, &checking, &at).map_err(Failure::of_image)?
        }
        None => {
            let words = args.source.iter().map(Into::into).collect();
            let functions = settings::meant(words, &args.typed.0, &settings, &keys)?;
            let [one] = &functions[..] else {
                return Err(Failure::usage("one function is checked at a time", "name it"));
            };
            function(one, checking, &args, (&settings, &keys))?
        }
    };
    if args.sarif {
        ui::print_json(&sarif::log(&checked))?;
    } else if args.json {
        ui::print_json(&findings::json(&checked))?;
    } else {
        ui::print(&findings::text(&checked))?;
    }
    if !args.quiet {
        eprintln!("{}", findings::summary(&checked));
    }
    match checked.report.denied().count() {
        0 => Ok(()),
        count => Err(Failure::Denied(count)),
    }
}

/// The image that a word names; none where it means a function, as it would for `build`.
fn image(word: Option<&str>, settings: &Settings) -> Result<Option<BaseRef>, Failure> {
    let Some(word) = word.filter(|word| !settings.may_name(word)) else { return Ok(None) };
    match values::source(word) {
        Ok(Source::Image(image)) => Ok(Some(image)),
        Ok(Source::Function(_)) => Ok(None),
        Err(why) => Err(Failure::usage(
            &why,
            "an image is `oci:DIR:TAG` or the like, a function its path or its name in lambda-img.toml",
        )),
    }
}

/// Makes and builds a function as `build` would, writes nothing of it, and checks the image.
fn function(
    function: &Function,
    checking: Checking,
    args: &Check,
    (settings, keys): (&Settings, &Keys),
) -> Result<Checked, Failure> {
    let began = clock::now();
    let mut options = function.options(settings, keys)?;
    // Whoever does not push has an output.
    if !std::mem::take(&mut options.push) {
        options = options.settled()?;
    }
    let name = function.name.clone().unwrap_or_else(|| options.path.display().to_string());
    if let [first, _, ..] = &options.arch[..] {
        let archs: Vec<_> = options.arch.iter().map(ToString::to_string).collect();
        let error =
            format!("`{name}` is built for {}, and one image is checked at a time", archs.join(" and "));
        return Err(Failure::usage(&error, &format!("name one, as in `--arch {first}`")));
    }
    let (interrupted, jobs) = (signal::watch()?, threads(options.jobs));
    let bases = options.remote_bases()?;
    let hosts: Vec<_> = bases.iter().map(|base| options.net.host(base)).collect();
    let context = options.net.context(jobs.get(), options.quiet, &hosts)?;
    let accepted = Accepted::new(options.checks.allow.clone(), args.deny.clone()).map_err(Failure::Check)?;
    let wishes = Wishes { arch: options.arch.first().copied(), ..checking.wishes };
    let (runtime, deep) = (Some(options.runtime.clone()), options.checks.deep);
    let checking = Checking { runtime, deep, wishes, accepted, ..checking };
    function.prepare.run(&function.dir, options.quiet)?;
    let spec = cmd_build::spec(options, began)?;
    let spec = BuildSpec { check: Some(checking), push: Vec::new(), dry_run: true, ..spec };
    let mut checked = match pipeline::build(&spec, Effort::new(jobs, interrupted), &context) {
        Ok(built) => built.checked,
        Err(BuildError::Denied(checked)) => checked,
        Err(error) => return Err(error.into()),
    };
    let one = checked.pop().map(|one| Checked { name, ..one });
    one.ok_or_else(|| Failure::usage("nothing was built", "name one architecture"))
}

/// A build for one architecture that is looked at and not kept.
pub fn unpublished(
    spec: BuildSpec,
    runtime: Option<String>,
    arch: Option<Arch>,
) -> Result<BuildSpec, Failure> {
    let Some(runtime) = runtime else {
        let error = format!("`{}` is a function, and its runtime is not named", spec.path.display());
        return Err(Failure::usage(
            &error,
            "name it with `--runtime ID`; an image is `oci:DIR:TAG` or the like",
        ));
    };
    Ok(BuildSpec {
        runtime,
        archs: vec![arch.unwrap_or_default()],
        pins: pins::find()?.pins,
        scratch: env::temp_dir(),
        dry_run: true,
        epoch: cmd_build::epoch()?,
        ..spec
    })
}
