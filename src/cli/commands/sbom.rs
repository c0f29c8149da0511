//! `lambda-img sbom`: lists the packages in an image.

use std::path::PathBuf;

use clap::{ArgMatches, ValueEnum};
use lambda_img::arch::Arch;
use lambda_img::epoch::Epoch;
use lambda_img::sbom::{self, Inventory};
use lambda_img::source::SourceEnv;
use lambda_img::store::{self, Staging};
use lambda_img::work::Run;

use crate::cli::options::build::ImageOptions;
use crate::cli::options::image::ReadOptions;
use crate::cli::options::{interrupt, values};
use crate::cli::settings::function_image::{Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::settings::{Function, Settings};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;
use crate::cli::show::{sbom as shown, stdout};

#[derive(clap::Args)]
#[group(skip)]
// `--format` was once what `--media-types` is called, and still is in `build`.
#[command(mut_arg("media_types", |arg| arg.alias(None)))]
pub struct Sbom {
    /// List the packages of this image, or of this function [default: the only function of lambda-img.toml, otherwise
    /// the current directory]
    ///
    /// An image is oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG].
    /// A function is a name in lambda-img.toml or a path; its image is built and not kept.
    #[arg(value_name = "SOURCE|NAME|PATH")]
    pub source: Option<String>,

    /// Write this format of JSON
    #[arg(long, value_name = "FORMAT", default_value = "cyclonedx")]
    pub format: Format,

    /// Write the document to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// List the image for x86_64 or arm64; an index of several images needs this option
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    #[command(flatten)]
    pub reading: ReadOptions,

    /// Print only errors
    #[arg(short, long)]
    pub quiet: bool,

    #[command(flatten)]
    pub function: ImageOptions,
}

/// The formats, as options name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// CycloneDX 1.5, which Amazon Inspector reads
    Cyclonedx,
    /// SPDX 2.3
    Spdx,
}

impl From<Format> for sbom::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Cyclonedx => sbom::Format::CycloneDx,
            Format::Spdx => sbom::Format::Spdx,
        }
    }
}

pub fn run(args: Sbom, given: &ArgMatches) -> Result<(), CliError> {
    let settings = Settings::find()?;
    let source = match &args.source {
        Some(word) => sources::source(word, given, &settings)?,
        None => sources::nameless(given, &settings)?,
    };
    let listed = match source {
        Source::Image(source) => {
            let (context, run) = args.reading.begin(args.quiet, [&source])?;
            let staging = Staging::nowhere();
            let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
            sbom::list(&source, args.arch, &at).map_err(CliError::of_inspection)?
        }
        Source::Function(one) => function(&one, &args, &settings)?,
    };
    if !args.quiet {
        status_block!("{}", shown::warnings(&listed));
    }
    let document = stdout::escaped(&listed.document(args.format.into()));
    match &args.output {
        Some(path) => store::replace(path, document.as_bytes()).map_err(CliError::File)?,
        None => stdout::print_exactly(&document)?,
    }
    if !args.quiet {
        status!("{}", shown::summary(&listed));
    }
    Ok(())
}

/// Builds a function as `build` would, publishes nothing, and lists its packages.
fn function(function: &Function, args: &Sbom, settings: &Settings) -> Result<Inventory, CliError> {
    let fallback = Fallback { arch: args.arch, ..Fallback::default() };
    let one = Unpublished::of(function, &fallback, settings)?;
    let (interrupted, jobs) = (interrupt::watch()?, args.reading.jobs.count());
    let run = Run::new(jobs, interrupted);
    let context = one.options.reading(jobs)?;
    let name = one.name.clone();
    let built = one.build(function, run, &context)?;
    let one = built.images.first().ok_or_else(usage::commands::nothing_built)?;
    sbom::unpublished(&name, &one.base, &one.image, run).map_err(CliError::of_inspection)
}
