//! `lambda-img check`: what Lambda would refuse or break.

use std::env;

use lambda_img::arch::Arch;
use lambda_img::base::{BaseRef, Workplace};
use lambda_img::check::{Accepted, Wishes};
use lambda_img::context::Context;
use lambda_img::epoch::Epoch;
use lambda_img::pack::Effort;
use lambda_img::pipeline::{self, BuildError, BuildSpec, Checked, Checking};
use lambda_img::store::Staging;

use super::failure::Failure;
use super::reading::Reading;
use super::values::{self, Source};
use super::{Outcome, cmd_build, cmd_runtimes, findings, pins, sarif, ui};

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
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry reference;
    /// or the path of a function, which is built and not kept
    #[arg(value_name = "SOURCE|PATH", value_parser = values::source)]
    pub source: Source,

    /// Lambda's identifier of the runtime [default: recognised]
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Base image of the function that is built [default: the runtime's own image]
    #[arg(short, long, value_name = "BASE")]
    pub base: Option<BaseRef>,

    /// Handler of the function that is built [default: the one usual in the language]
    #[arg(long, value_name = "H")]
    pub handler: Option<String>,

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

pub fn run(args: Check) -> Outcome {
    let (context, effort) = args.reading.begin(args.quiet)?;
    let checking = Checking {
        runtime: args.runtime,
        deep: args.deep,
        ask_base: args.ask_base,
        wishes: Wishes {
            arch: args.arch,
            region: args.region,
            max_size: args.max_size,
            snapstart: args.snapstart,
            today: Some(cmd_runtimes::today()),
            base: None,
        },
        accepted: Accepted::new(args.allow, args.deny).map_err(Failure::Check)?,
    };
    let checked = match args.source {
        Source::Image(source) => {
            let staging = Staging::nowhere();
            let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
            pipeline::check(&source, &checking, &at).map_err(Failure::of_image)?
        }
        Source::Function(path) => {
            let spec = BuildSpec { path, base: args.base, handler: args.handler, ..BuildSpec::default() };
            function(spec, checking, effort, &context)?
        }
    };
    if args.sarif {
        ui::print(&format!("{}\n", sarif::log(&checked)))?;
    } else if args.json {
        ui::print(&format!("{}\n", findings::json(&checked)))?;
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

/// Builds a function as `build` would, writes nothing of it, and checks the image.
fn function(
    spec: BuildSpec,
    checking: Checking,
    effort: Effort<'_>,
    context: &Context,
) -> Result<Checked, Failure> {
    let (runtime, arch) = (checking.runtime.clone(), checking.wishes.arch);
    let spec = BuildSpec { check: Some(checking), ..unpublished(spec, runtime, arch)? };
    let mut checked = match pipeline::build(&spec, effort, context) {
        Ok(built) => built.checked,
        Err(BuildError::Denied(checked)) => checked,
        Err(error) => return Err(error.into()),
    };
    let one = checked.pop().map(|one| Checked { name: spec.path.display().to_string(), ..one });
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
