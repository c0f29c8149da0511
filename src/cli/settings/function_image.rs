//! Functions that a command builds to look at their images: with the options of `build`, and without publishing.

use lambda_img::arch::Arch;
use lambda_img::build::{self, BuildOptions, BuildSpec, Built, Destinations};
use lambda_img::context::Context;
use lambda_img::media_type::Family;
use lambda_img::work::Run;

use super::function::Function;
use super::nearest::Settings;
use super::precedence::Origin;
use crate::cli::options::build::Build;
use crate::cli::options::pre_build::PreBuild;
use crate::cli::options::spec::spec;
use crate::cli::options::values::MediaTypes;
use crate::cli::show::clock;
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// What a function is made for where neither it nor the command line says so.
#[derive(Default)]
pub struct Fallback {
    /// Lambda's identifier of the runtime.
    pub runtime: Option<String>,
    /// The architecture.
    pub arch: Option<Arch>,
    /// Whose media types.
    pub family: Option<Family>,
}

/// The build of a function that its command has made.
pub type Made = (BuildSpec, Destinations, BuildOptions);

/// Builds it, and keeps the layers as long as the result lives.
pub fn build_made(
    (spec, destinations, options): Made,
    function: &Function,
    run: Run<'_>,
    context: &Context,
) -> Result<Built, CliError> {
    let options = BuildOptions { keep_layers: true, check: None, ..options };
    let built = build::build(&spec, &destinations, &options, run, context);
    built.map_err(|error| CliError::from(error).of_function(function.handler_origin()))
}

/// A build for one architecture that is looked at and not kept.
pub struct Unpublished {
    /// What the function is called.
    pub name: String,
    /// How it is built.
    pub options: Build,
    family: Option<Family>,
}

impl Unpublished {
    /// Of a function.
    pub fn of(function: &Function, fallback: &Fallback, settings: &Settings) -> Result<Self, CliError> {
        let mut function = function.clone();
        let values = &mut function.values;
        if let Some(runtime) = fallback.runtime.as_ref().filter(|_| values.get("runtime").is_none()) {
            values.set_word(&settings.keys, "runtime", runtime.into(), Origin::Default);
        }
        if let Some(arch) = fallback.arch
            && values.get("arch").is_none_or(|value| value.origin == Origin::Default)
        {
            values.set_word(&settings.keys, "arch", arch.to_string().into(), Origin::Default);
        }
        let mut options = function.options(settings)?;
        // Whoever does not push has an output.
        if !std::mem::take(&mut options.output.push) {
            options = options.settled()?;
        }
        // No output is written; they only stay out of what is built. One that cannot hold the image does not count.
        let is_docker = match options.image.media_types {
            Some(types) => matches!(types, MediaTypes::Docker),
            None => fallback.family == Some(Family::Docker),
        };
        if is_docker {
            options.output.outputs.retain(|output| output.family().is_none());
        }
        let name = function.name.clone().unwrap_or_else(|| options.path.display().to_string());
        if let [first, _, ..] = &options.output.arch[..] {
            let archs: Vec<_> = options.output.arch.iter().map(ToString::to_string).collect();
            return Err(usage::settings::several_archs(&name, &archs.join(" and "), first));
        }
        Ok(Self { name, options, family: fallback.family })
    }

    /// Makes and builds it, and keeps the layers as long as the result lives.
    pub fn build(self, function: &Function, run: Run<'_>, context: &Context) -> Result<Built, CliError> {
        build_made(self.made(function, context)?, function, run, context)
    }

    /// Makes the function by its command, once all is refused that can be before, and returns its build.
    pub fn made(self, function: &Function, context: &Context) -> Result<Made, CliError> {
        let quiet = self.options.output.quiet;
        let (spec, destinations, options) = self.spec()?;
        if function.pre_build != PreBuild::Nothing {
            build::refuse(&spec, &destinations, &options, context)?;
            function.pre_build.run(&function.dir, quiet)?;
        }
        let started_at = clock::nanoseconds(clock::now());
        Ok((spec, destinations, BuildOptions { started_at, ..options }))
    }

    /// The build, which writes nothing; outputs only stay out of the function.
    fn spec(self) -> Result<Made, CliError> {
        let (spec, destinations, options) = spec(&self.options, clock::now())?;
        let media_types = spec.media_types.or(self.family);
        let spec = BuildSpec { media_types, ..spec };
        let destinations = Destinations { push: Vec::new(), ..destinations };
        Ok((spec, destinations, BuildOptions { dry_run: true, ..options }))
    }
}
