//! `lambda-img diff`: why two images have two digests.

use std::path::Path;

use lambda_img::arch::Arch;
use lambda_img::base::{BaseRef, Workplace};
use lambda_img::context::Context;
use lambda_img::diff::{self, Side};
use lambda_img::epoch::Epoch;
use lambda_img::pack::Effort;
use lambda_img::pipeline::{self, BuildSpec};
use lambda_img::store::Staging;

use super::failure::Failure;
use super::reading::Reading;
use super::values::{self, Source};
use super::{Outcome, cmd_check, differences, ui};

#[derive(clap::Args)]
pub struct Diff {
    /// The first image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry
    /// reference; or the path of a function, which is built and not kept
    #[arg(value_name = "A", value_parser = values::source)]
    pub a: Source,

    /// The second image, likewise
    #[arg(value_name = "B", value_parser = values::source)]
    pub b: Source,

    /// Lambda's identifier of the runtime of a function [default: the other image's, where it says it]
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Base image of a function [default: the runtime's own image]
    #[arg(short, long, value_name = "BASE")]
    pub base: Option<BaseRef>,

    /// Handler of a function [default: the one usual in the language]
    #[arg(long, value_name = "H")]
    pub handler: Option<String>,

    /// Architecture, x86_64 or arm64: of a function, and of an index [default: the other image's]
    #[arg(short, long, value_name = "ARCH")]
    pub arch: Option<Arch>,

    /// Fetch layers of a registry that are known to be a base's, too
    #[arg(long)]
    pub deep: bool,

    /// Tell all files that differ
    #[arg(long)]
    pub files: bool,

    /// Exit with 1 where the images differ
    #[arg(long)]
    pub exit_code: bool,

    /// Print one JSON object (docs/schemas/diff.json), with --files all files in it
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub reading: Reading,

    /// Say nothing but errors and what differs
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: Diff) -> Outcome {
    let images = [&args.a, &args.b].into_iter().filter_map(Source::image).chain(&args.base);
    let (context, effort) = args.reading.begin(args.quiet, images)?;
    let staging = Staging::nowhere();
    let at = Workplace { staging: &staging, effort, epoch: Epoch::default(), context: &context };
    let side = |source: &Source, like: Option<&Side>| match source {
        Source::Image(source) => Side::image(source, args.arch, &at).map_err(Failure::of_inspection),
        Source::Function(path) => function(&args, path, like, effort, &context),
    };
    // What exists says what a function is to be built like, and comes first.
    let (a, b) = if matches!(args.a, Source::Function(_)) {
        let b = side(&args.b, None)?;
        (side(&args.a, Some(&b))?, b)
    } else {
        let a = side(&args.a, None)?;
        let b = side(&args.b, Some(&a))?;
        (a, b)
    };
    let difference = diff::diff(&a, &b, args.deep, effort).map_err(Failure::of_inspection)?;
    if args.json {
        ui::print_json(&differences::json(&difference, args.files))?;
    } else {
        ui::print(&differences::text(&difference, args.files))?;
    }
    if args.exit_code && !difference.same { Err(Failure::Differ) } else { Ok(()) }
}

/// Builds a function as `build` would, like another image in what the arguments leave open.
fn function(
    args: &Diff,
    path: &Path,
    like: Option<&Side>,
    effort: Effort<'_>,
    context: &Context,
) -> Result<Side, Failure> {
    let spec = BuildSpec {
        path: path.to_owned(),
        base: args.base.clone(),
        handler: args.handler.clone(),
        family: like.and_then(Side::family),
        keep: true,
        ..BuildSpec::default()
    };
    let runtime = args.runtime.clone().or_else(|| like.and_then(Side::runtime));
    let spec = cmd_check::unpublished(spec, runtime, args.arch.or_else(|| like.and_then(Side::arch)))?;
    let built = pipeline::build(&spec, effort, context)?;
    let side = Side::built(path.display().to_string(), built);
    side.ok_or_else(|| Failure::usage("nothing was built", "name one architecture"))
}
