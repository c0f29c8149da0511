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
use crate::cli::settings::function_image::{Fallback, Unpublished};
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
    let source = match wanted.source {
        Some(word) => sources::source(word, given, &settings)?,
        None if all && settings.functions().nth(1).is_some() => {
            let functions = select::all(given, &settings)?;
            return functions.iter().map(|function| built(wanted, function, &settings, run)).collect();
        }
        None => sources::nameless(given, &settings)?,
    };
    Ok(vec![match source {
        Source::Image(source) => existing(wanted, &source, run)?,
        Source::Function(function) => built(wanted, &function, &settings, run)?,
    }])
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
    Ok(Found { name: None, config, layers, context, _built: None })
}

fn built(
    wanted: &Wanted<'_>,
    function: &Function,
    settings: &Settings,
    run: Run<'_>,
) -> Result<Found, CliError> {
    let fallback = Fallback { arch: wanted.arch, ..Fallback::default() };
    let one = Unpublished::of(function, &fallback, settings)?;
    let context = one.options.reading(wanted.reading.jobs.count())?;
    let built = one.build(function, run, &context)?;
    let image = built.images.first().map(|built| &built.image);
    let image = image.ok_or_else(usage::commands::nothing_built)?;
    let layers = image.layers.iter().map(|layer| Arc::clone(&layer.source)).collect();
    let (name, config) = (function.name.clone(), image.config.clone());
    Ok(Found { name, config, layers, context, _built: Some(built) })
}
