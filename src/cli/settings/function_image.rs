//! Functions that a command builds to look at them: with the options of `build`, and nothing is published.

use clap::{Arg, ArgMatches, FromArgMatches};
use lambda_img::arch::Arch;
use lambda_img::build::{self, BuildOptions, BuildSpec, Built, Destinations};
use lambda_img::context::Context;
use lambda_img::media_type::Family;
use lambda_img::work::Run;

use super::{Function, Keys, Origin, Settings};
use crate::cli::options::build::Build;
use crate::cli::options::build::Given;
use crate::cli::options::clock;
use crate::cli::options::registries::Network;
use crate::cli::options::spec::spec;
use crate::cli::options::values::Format;
use crate::cli::show::error::CliError;

/// The options of `build` that say what is made, as they were typed, among those of another command. Of a command's
/// fields it is the first: who reads the others takes them away.
pub struct Made(pub ArgMatches);

/// What is no option of what is made: where it goes, what is told of it, and what other commands have by themselves.
const OTHERS: [&str; 13] = [
    "path",
    "arch",
    "outputs",
    "tags",
    "push",
    "create_repository",
    "dry_run",
    "json",
    "jobs",
    "quiet",
    "verbose",
    "allow",
    "deep",
];

/// Where the help has them.
const HEADING: &str = "A function that is built";

impl Made {
    /// The runtime, where one was typed.
    pub fn runtime(&self) -> Option<&String> {
        self.0.get_one("runtime")
    }
}

impl FromArgMatches for Made {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

impl clap::Args for Made {
    fn augment_args(command: clap::Command) -> clap::Command {
        let net = Network::augment_args(clap::Command::new("net"));
        let is_net = |arg: &Arg| net.get_arguments().any(|one| one.get_id() == arg.get_id());
        let build = Given::settable(clap::Command::new("build"));
        let made =
            build.get_arguments().filter(|arg| !OTHERS.contains(&arg.get_id().as_str()) && !is_net(arg));
        made.fold(command, |command, arg| command.arg(arg.clone().help_heading(HEADING)))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

/// What a function is made for where neither it nor the command line says it.
#[derive(Default)]
pub struct Like {
    /// Lambda's identifier of the runtime.
    pub runtime: Option<String>,
    /// The architecture.
    pub arch: Option<Arch>,
    /// Whose media types.
    pub family: Option<Family>,
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
    pub fn of(
        function: &Function,
        like: &Like,
        (settings, keys): (&Settings, &Keys),
    ) -> Result<Self, CliError> {
        let mut function = function.clone();
        let values = &mut function.values;
        if let Some(runtime) = like.runtime.as_ref().filter(|_| values.get("runtime").is_none()) {
            values.set_word(keys, "runtime", runtime.into(), Origin::Default);
        }
        if let Some(arch) = like.arch
            && values.get("arch").is_none_or(|value| value.origin == Origin::Default)
        {
            values.set_word(keys, "arch", arch.to_string().into(), Origin::Default);
        }
        let mut options = function.options(settings, keys)?;
        // Whoever does not push has an output.
        if !std::mem::take(&mut options.push) {
            options = options.settled()?;
        }
        // No output is written; they only stay out of what is built. One that cannot hold the image does not count.
        let is_docker = match options.format {
            Some(format) => matches!(format, Format::Docker),
            None => like.family == Some(Family::Docker),
        };
        if is_docker {
            options.outputs.retain(|output| output.family().is_none());
        }
        let name = function.name.clone().unwrap_or_else(|| options.path.display().to_string());
        if let [first, _, ..] = &options.arch[..] {
            let archs: Vec<_> = options.arch.iter().map(ToString::to_string).collect();
            let error = format!("`{name}` is built for {}, and one image is wanted", archs.join(" and "));
            return Err(CliError::usage(&error, &format!("name one, as in `--arch {first}`")));
        }
        Ok(Self { name, options, family: like.family })
    }

    /// Makes and builds it, and keeps the layers as long as the result lives.
    pub fn build(self, function: &Function, run: Run<'_>, context: &Context) -> Result<Built, CliError> {
        function.prepare.run(&function.dir, self.options.quiet)?;
        let (spec, destinations, options) = self.spec()?;
        let options = BuildOptions { keep_layers: true, check: None, ..options };
        let built = build::build(&spec, &destinations, &options, run, context);
        built.map_err(|error| CliError::from(error).of_function(function.origin("handler")))
    }

    /// The build, which writes nothing; outputs only stay out of the function.
    pub fn spec(self) -> Result<(BuildSpec, Destinations, BuildOptions), CliError> {
        let (spec, destinations, options) = spec(self.options, clock::now())?;
        let media_types = spec.media_types.or(self.family);
        let spec = BuildSpec { media_types, ..spec };
        let destinations = Destinations { push: Vec::new(), ..destinations };
        Ok((spec, destinations, BuildOptions { dry_run: true, ..options }))
    }
}
