//! `lambda-img inspect`: shows the contents of an image.

use std::path::PathBuf;

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::epoch::Epoch;
use lambda_img::inspect::{self, InspectOptions};
use lambda_img::source::SourceEnv;
use lambda_img::store::{self, Staging};
use lambda_img::work::Run;

use crate::cli::options::build::ImageOptions;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::{interrupt, values};
use crate::cli::settings::Settings;
use crate::cli::settings::function_image::{Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;
use crate::cli::show::{self, clock, html, json, stdout, ui};

#[derive(clap::Args)]
#[group(skip)]
pub struct Inspect {
    /// Show this image, or the image of this function
    ///
    /// An image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG].
    /// A function is a name in lambda-img.toml or a path; its image is built and not kept.
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: String,

    /// List the files of each layer: kind and mode, owner, size, time, path and link
    #[arg(long)]
    pub files: bool,

    /// Show only layer N; the lowest is 0
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,

    /// Show the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Fetch the layers of the base too
    #[arg(long, alias = "deep")]
    pub all_layers: bool,

    /// List the evidence that the registry keeps about the image
    #[arg(long)]
    pub referrers: bool,

    /// Warn if the uncompressed image is larger: bytes, or a size such as 250MB or 1GiB
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_size: Option<u64>,

    /// Print one JSON object (docs/schemas/inspect.json); with --files, it lists all files
    #[arg(long)]
    pub json: bool,

    /// Write a page for a browser: layers, packages, directories, equal files, checks
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "layer", "json"])]
    pub html: Option<PathBuf>,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print no progress and no warnings
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub function: ImageOptions,
}

pub fn run(args: Inspect, given: &ArgMatches) -> Result<(), CliError> {
    let settings = Settings::find()?;
    let inspecting = InspectOptions {
        arch: args.arch,
        deep: args.all_layers,
        layer: args.layer,
        referrers: args.referrers,
        max_size: args.max_size,
        contents: args.html.is_some(),
        today: Some(clock::today()),
    };
    let image = match sources::source(&args.source, given, &settings)? {
        Source::Image(source) => {
            let (context, run) = args.reading.begin(args.quiet, [&source])?;
            let staging = Staging::nowhere();
            let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
            inspect::inspect(&source, &inspecting, &at).map_err(CliError::of_inspection)?
        }
        Source::Function(function) => {
            let fallback = Fallback { arch: args.arch, ..Fallback::default() };
            let one = Unpublished::of(&function, &fallback, &settings)?;
            let (interrupted, jobs) = (interrupt::watch()?, args.reading.jobs.count());
            let run = Run::new(jobs, interrupted);
            let context = one.options.reading(jobs)?;
            let name = one.name.clone();
            let built = one.build(&function, run, &context)?;
            let image = built.images.first();
            let one = image.ok_or_else(usage::commands::nothing_built)?;
            inspect::unpublished(name, &one.base, &one.image, &inspecting, run)
                .map_err(CliError::of_inspection)?
        }
    };
    if let Some(file) = &args.html {
        return store::replace(file, html::image(&image).as_bytes()).map_err(CliError::File);
    }
    if args.json {
        return stdout::print_json(&json::inspect::Inspect::of(&image, args.layer, args.files));
    }
    stdout::print(&match (args.files, args.layer) {
        (true, _) => show::inspect::files(&image, args.layer),
        (false, Some(layer)) => show::inspect::layer(&image, layer),
        (false, None) => show::inspect::summary(&image, ui::bar_width()),
    })
}
