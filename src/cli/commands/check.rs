//! `lambda-img check`: finds what Lambda would refuse in an image, or what would fail there.

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::build::{self, BuildError, BuildOptions};
use lambda_img::check::{Expectations, Policy};
use lambda_img::epoch::Epoch;
use lambda_img::examine::{self, CheckOptions, Checked};
use lambda_img::source::SourceEnv;
use lambda_img::store::Staging;
use lambda_img::work::Run;

use crate::cli::options::build::ImageOptions;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::{interrupt, values};
use crate::cli::settings::function_image::{Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::settings::{Function, Settings};
use crate::cli::show::error::CliError;
use crate::cli::show::{clock, findings, json, sarif, stdout};

#[derive(clap::Args)]
#[group(skip)]
pub struct Check {
    /// Check this image, or this function [default: the only function of lambda-img.toml, otherwise the current
    /// directory]
    ///
    /// An image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG].
    /// A function is a name in lambda-img.toml or a path; its image is built and not kept.
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: Option<String>,

    /// Check for a function on x86_64 or arm64 [default: that of the image]
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Read the layers of the base too
    #[arg(long, alias = "deep")]
    pub all_layers: bool,

    /// Accept what this check finds; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Fail if this check finds something, even if it only warns; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub deny: Vec<String>,

    /// Check for a function in this AWS Region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Warn if the uncompressed image is larger: bytes, or a size such as 250MB or 1GiB
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_size: Option<u64>,

    /// Check for a function that uses SnapStart
    #[arg(long)]
    pub snapstart: bool,

    /// Ask the registry whether the tag of the base has moved to another image
    #[arg(long, alias = "ask-base")]
    pub check_base_update: bool,

    /// Print one JSON object (docs/schemas/check.json)
    #[arg(long)]
    pub json: bool,

    /// Print a log in SARIF 2.1.0, for code scanning
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only findings and errors
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub function: ImageOptions,
}

pub fn run(args: Check, given: &ArgMatches) -> Result<(), CliError> {
    let expectations = Expectations {
        arch: args.arch,
        region: args.region.clone(),
        max_size: args.max_size,
        snapstart: args.snapstart,
        today: Some(clock::today()),
        base: None,
    };
    let checking = CheckOptions {
        runtime: args.function.runtime.clone(),
        deep: args.all_layers,
        ask_base: args.check_base_update,
        expectations,
        policy: Policy::new(args.allow.clone(), args.deny.clone()).map_err(CliError::Check)?,
    };
    let settings = Settings::find()?;
    let source = match &args.source {
        Some(word) => sources::source(word, given, &settings)?,
        None => sources::nameless(given, &settings)?,
    };
    let checked = match source {
        Source::Image(source) => {
            let (context, run) = args.reading.begin(args.quiet, [&source])?;
            let staging = Staging::nowhere();
            let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
            examine::check(&source, &checking, &at).map_err(CliError::of_image)?
        }
        Source::Function(one) => function(&one, checking, &args, &settings)?,
    };
    if args.sarif {
        stdout::print_json(&sarif::log(&checked))?;
    } else if args.json {
        stdout::print_json(&json::check::Check::from(&checked))?;
    } else {
        stdout::print(&findings::text(&checked))?;
    }
    if !args.quiet {
        status!("{}", findings::summary(&checked));
    }
    match checked.report.denied().count() {
        0 => Ok(()),
        count => Err(CliError::Denied(count)),
    }
}

/// Makes and builds a function as `build` would, writes nothing of it, and checks the image.
fn function(
    function: &Function,
    checking: CheckOptions,
    args: &Check,
    settings: &Settings,
) -> Result<Checked, CliError> {
    let one = Unpublished::of(function, &Fallback::default(), settings)?;
    let (name, options) = (one.name.clone(), &one.options);
    let (interrupted, jobs) = (interrupt::watch()?, options.output.jobs.count());
    let context = options.reading(jobs)?;
    let policy =
        Policy::new(options.output.checks.allow.clone(), args.deny.clone()).map_err(CliError::Check)?;
    let expectations = Expectations { arch: options.output.arch.first().copied(), ..checking.expectations };
    let (runtime, deep) = (options.image.runtime.clone(), options.output.checks.all_layers);
    let checking = CheckOptions { runtime, deep, expectations, policy, ..checking };
    function.pre_build.run(&function.dir, options.output.quiet)?;
    let (spec, destinations, options) = one.spec()?;
    let options = BuildOptions { check: Some(checking), ..options };
    let run = Run::new(jobs, interrupted);
    let mut checked = match build::build(&spec, &destinations, &options, run, &context) {
        Ok(built) => built.checked,
        Err(BuildError::Denied(checked)) => checked,
        Err(error) => return Err(CliError::from(error).of_function(function.handler_origin())),
    };
    let one = checked.pop().map(|one| Checked { name, ..one });
    one.ok_or_else(|| CliError::usage("nothing was built", "name one architecture"))
}
