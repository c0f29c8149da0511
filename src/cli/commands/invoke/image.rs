//! The image that is invoked: one that exists, or that of a function, which is built for it.

use std::sync::Arc;

use clap::ArgMatches;
use lambda_img::arch::Arch;
use lambda_img::build::Built;
use lambda_img::context::Context;
use lambda_img::epoch::Epoch;
use lambda_img::image::{BlobSource, ImageConfig};
use lambda_img::invoke::InvokeError;
use lambda_img::source::{self, ImageRef, SourceEnv};
use lambda_img::store::Staging;
use lambda_img::work::Run;

use crate::cli::options::image::ReadOptions;
use crate::cli::settings::Settings;
use crate::cli::settings::function_image::{self, Fallback, Unpublished};
use crate::cli::settings::sources::{self, Source};
use crate::cli::settings::{function::Function, select};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// What the command line says of the image.
pub struct Wanted<'a> {
    /// The word that names it.
    pub source: Option<&'a str>,
    /// For which processor.
    pub arch: Option<Arch>,
    /// How images are read.
    pub reading: &'a ReadOptions,
    /// Whether nothing is printed meanwhile.
    pub quiet: bool,
}

/// An image to run, and what keeps its layers.
pub struct Found {
    /// What the function is called in lambda-img.toml.
    pub name: Option<String>,
    /// The image's configuration.
    pub config: ImageConfig,
    /// Its layers, lowest first.
    pub layers: Vec<Arc<dyn BlobSource>>,
    /// How many of the lowest layers other images have, too.
    pub shared: Vec<usize>,
    /// What it was read with.
    pub context: Context,
    _built: Option<Built>,
}

/// What the command line means: one image; or, where `all` is given and no word, every function of lambda-img.toml.
pub fn find(
    wanted: &Wanted<'_>,
    given: &ArgMatches,
    all: bool,
    run: Run<'_>,
) -> Result<Vec<Found>, CliError> {
    let settings = Settings::find()?;
    match meant(wanted, given, all, &settings)? {
        Meant::Image(source) => Ok(vec![existing(wanted, &source, run)?]),
        Meant::Functions(functions) => {
            let built = |function: &Function| Made::of(wanted, function, &settings)?.build(function, run);
            functions.iter().map(built).collect()
        }
    }
}

/// The functions that the command line means; an image that exists is refused.
#[cfg(feature = "watch")]
pub fn functions(
    wanted: &Wanted<'_>,
    given: &ArgMatches,
    all: bool,
    settings: &Settings,
) -> Result<Vec<Function>, CliError> {
    match meant(wanted, given, all, settings)? {
        Meant::Image(source) => Err(usage::invoke::image_to_watch(source)),
        Meant::Functions(functions) => Ok(functions),
    }
}

enum Meant {
    Image(Box<ImageRef>),
    Functions(Vec<Function>),
}

fn meant(wanted: &Wanted<'_>, given: &ArgMatches, all: bool, settings: &Settings) -> Result<Meant, CliError> {
    let source = match wanted.source {
        Some(word) => sources::source(word, given, settings)?,
        None if all && settings.functions().nth(1).is_some() => {
            return Ok(Meant::Functions(select::all(given, settings)?));
        }
        None => sources::nameless(given, settings)?,
    };
    Ok(match source {
        Source::Image(source) => Meant::Image(Box::new(source)),
        Source::Function(function) => Meant::Functions(vec![*function]),
    })
}

fn existing(wanted: &Wanted<'_>, source: &ImageRef, run: Run<'_>) -> Result<Found, CliError> {
    let (context, _) = wanted.reading.begin(wanted.quiet, [source])?;
    let staging = Staging::nowhere();
    let at = SourceEnv { staging: &staging, run, epoch: Epoch::default(), context: &context };
    let image = source::find(source, wanted.arch, &at).map_err(|error| CliError::of_image(error.into()))?;
    let missing = |why: String| usage::invoke::cannot_run(source, &why);
    let config = ImageConfig::parse(image.config.map_err(missing)?).map_err(InvokeError::from)?;
    let layers: Result<Vec<_>, _> = image.layers.into_iter().map(|layer| layer.source).collect();
    let layers = layers.map_err(missing)?;
    Ok(Found { name: None, config, layers, shared: Vec::new(), context, _built: None })
}

/// A function that its command has made, to be built.
pub struct Made {
    build: function_image::Made,
    context: Context,
}

impl Made {
    /// Runs the command of a function.
    pub fn of(wanted: &Wanted<'_>, function: &Function, settings: &Settings) -> Result<Self, CliError> {
        let fallback = Fallback { arch: wanted.arch, ..Fallback::default() };
        let one = Unpublished::of(function, &fallback, settings)?;
        let context = one.options.reading(wanted.reading.jobs.count())?;
        Ok(Self { build: one.made(function, &context)?, context })
    }

    /// Builds it.
    pub fn build(self, function: &Function, run: Run<'_>) -> Result<Found, CliError> {
        let Self { build, context } = self;
        let built = function_image::build_made(build, function, run, &context)?;
        let first = built.images.first().ok_or_else(usage::commands::nothing_built)?;
        let image = &first.image;
        let layers = image.layers.iter().map(|layer| Arc::clone(&layer.source)).collect();
        let (name, config) = (function.name.clone(), image.config.clone());
        // The base; and what is below the code, which changes the most.
        let mut shared = vec![first.base_layers, image.layers.len().saturating_sub(1)];
        shared.dedup();
        Ok(Found { name, config, layers, shared, context, _built: Some(built) })
    }
}
