//! `lambda-img diff`: explains why two images have different digests.

use std::path::PathBuf;

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::diff::{self, Side};
use lambda_img::epoch::Epoch;
use lambda_img::source::SourceEnv;
use lambda_img::store::{self, Staging};

use crate::cli::options::build::ImageOptions;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::values;
use crate::cli::settings::Settings;
use crate::cli::settings::function_image::{Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;
use crate::cli::show::{self, html, json, stdout};

#[derive(clap::Args)]
#[group(skip)]
pub struct Diff {
    /// Compare this image, or the image of this function
    ///
    /// An image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG].
    /// A function is a name in lambda-img.toml or a path; its image is built and not kept. A path takes the runtime,
    /// architecture and media types of the other image, if you do not set them.
    #[arg(value_name = "A")]
    pub a: String,

    /// Compare it with this image, or with the image of this function
    #[arg(value_name = "B")]
    pub b: String,

    /// Compare the images for x86_64 or arm64 [default: that of the other image]
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Fetch the layers of the bases too
    #[arg(long, alias = "deep")]
    pub all_layers: bool,

    /// List every file that differs
    #[arg(long)]
    pub files: bool,

    /// Exit with code 1 if the images differ
    #[arg(long)]
    pub exit_code: bool,

    /// Print one JSON object (docs/schemas/diff.json); with --files, it lists all files
    #[arg(long)]
    pub json: bool,

    /// Write a page for a browser: causes, layers, files, fields
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "json"])]
    pub html: Option<PathBuf>,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only differences and errors
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub function: ImageOptions,
}

pub fn run(args: Diff, given: &ArgMatches) -> Result<(), CliError> {
    let settings = Settings::find()?;
    let source = |word: &str| sources::source(word, given, &settings);
    let (a, b) = (source(&args.a)?, source(&args.b)?);
    let functions: Vec<_> = [&a, &b].into_iter().filter_map(Source::function).collect();
    let net = functions.first().map(|function| function.network(&settings)).transpose()?;
    let bases: Vec<_> = functions.iter().filter_map(|function| function.base()).collect();
    let reading = ReadOptions { net: net.unwrap_or(args.reading.net), ..args.reading };
    let images = [&a, &b].into_iter().filter_map(Source::image).chain(&bases);
    let (context, run) = reading.begin(args.quiet, images)?;
    let staging = Staging::nowhere();
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    // Layers of what is built can be read as long as this holds it.
    let mut kept = Vec::new();
    let mut side = |source: &Source, other: Option<&Side>| match source {
        Source::Image(source) => Side::image(source, args.arch, &at).map_err(CliError::of_inspection),
        Source::Function(function) => {
            let fallback = Fallback {
                runtime: other.and_then(Side::runtime),
                arch: args.arch.or_else(|| other.and_then(Side::arch)),
                family: other.and_then(Side::family),
            };
            let one = Unpublished::of(function, &fallback, &settings)?;
            let name = one.name.clone();
            let built = one.build(function, run, &context)?;
            let image = built.images.first();
            let one = image.ok_or_else(usage::commands::nothing_built)?;
            let side = Side::unpublished(name, &one.base, &one.image);
            kept.push(built);
            Ok(side)
        }
    };
    // What exists says what a function is to be built like, and comes first.
    let (a, b) = if matches!(a, Source::Function(_)) {
        let b = side(&b, None)?;
        (side(&a, Some(&b))?, b)
    } else {
        let a = side(&a, None)?;
        let b = side(&b, Some(&a))?;
        (a, b)
    };
    let difference = diff::diff(&a, &b, args.all_layers, run).map_err(CliError::of_inspection)?;
    if let Some(file) = &args.html {
        store::replace(file, html::difference(&difference).as_bytes()).map_err(CliError::File)?;
    } else if args.json {
        stdout::print_json(&json::diff::Diff::of(&difference, args.files))?;
    } else {
        stdout::print(&show::diff::text(&difference, args.files))?;
    }
    if args.exit_code && !difference.same { Err(CliError::Differ) } else { Ok(()) }
}
