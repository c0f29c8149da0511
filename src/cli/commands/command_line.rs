//! The command line: every command, and the function that runs it.

use clap::{ArgMatches, ColorChoice, CommandFactory, Parser, Subcommand};

use super::attest::{self, Attest};
use super::auth::{self, AuthCommand};
use super::base::{self, BaseCommand, BaseSync, CopiedBases};
use super::build::{self, BuildFunctions};
use super::cache::{self, CacheCommand};
use super::check::{self, Check};
use super::completions::{self, Completions};
use super::config::{self, Config};
#[cfg(feature = "aws")]
use super::deploy::{self, Deploy};
use super::diff::{self, Diff};
use super::explain::{self, Explain};
#[cfg(feature = "aws")]
use super::images::{self, Images};
#[cfg(feature = "init")]
use super::init::{self, Init};
use super::inspect::{self, Inspect};
#[cfg(target_os = "linux")]
use super::invoke::{self, Invoke};
use super::login::{self, Login, Logout};
use super::man::{self, Man};
#[cfg(feature = "aws")]
use super::prune::{self, Prune};
use super::push::{self, Push};
use super::rebase::{self, Rebase};
#[cfg(feature = "aws")]
use super::rollback::{self, Rollback};
use super::runtimes::{self, Runtimes};
use super::sbom::{self, Sbom};
use super::verify::{self, Verify};
use super::version::{self, Version};
use super::{complete, help};
use crate::cli::options::registries::Network;
use crate::cli::settings::registry_access;
use crate::cli::show::colour;
use crate::cli::show::error::CliError;

/// Build reproducible container images for AWS Lambda functions, without Docker
#[derive(Parser)]
#[group(skip)]
#[command(name = "lambda-img", version, max_term_width = 100, propagate_version = true, styles = colour::STYLES)]
pub struct Args {
    /// Colour the output always, never, or only on a terminal
    // Read before all others, by `colour::choose`.
    #[arg(
        hide_short_help = true,
        long,
        global = true,
        value_name = "WHEN",
        default_value_t,
        display_order = 900
    )]
    pub color: ColorChoice,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Build the image of a function
    Build(BuildFunctions),
    /// Show the settings of a build, and where each value comes from
    Config(Config),
    /// Find the functions in a directory, and write lambda-img.toml
    #[cfg(feature = "init")]
    Init(Init),
    /// Push an existing image to registries
    Push(Box<Push>),
    /// Deploy pushed images to Lambda functions
    #[cfg(feature = "aws")]
    Deploy(Box<Deploy>),
    /// Move the alias of a function back to the version before
    #[cfg(feature = "aws")]
    Rollback(Box<Rollback>),
    /// List the images of repositories, and the Lambda functions that use them
    #[cfg(feature = "aws")]
    Images(Box<Images>),
    /// Delete the images of repositories that no Lambda function uses
    #[cfg(feature = "aws")]
    Prune(Box<Prune>),
    /// Find what Lambda would refuse in an image, or what would fail there
    Check(Box<Check>),
    /// Explain a check, or list all checks
    Explain(Explain),
    /// Show the contents of an image
    Inspect(Box<Inspect>),
    /// Run a function here, as Lambda would run it
    #[cfg(target_os = "linux")]
    Invoke(Box<Invoke>),
    /// Run a function, as Lambda would run it: on Linux
    #[cfg(not(target_os = "linux"))]
    Invoke(NotHere),
    /// Explain why two images differ
    Diff(Box<Diff>),
    /// Put the layers of images on the new base of their runtime, without the source
    Rebase(Box<Rebase>),
    /// List the packages in an image, as CycloneDX or SPDX
    Sbom(Box<Sbom>),
    /// Attach the list of packages to an image in a registry
    Attest(Box<Attest>),
    /// Verify the signed evidence about an image in a registry
    Verify(Box<Verify>),
    /// Log in to a registry, and store the login where Docker does
    Login(Login),
    /// Log out of a registry
    Logout(Logout),
    /// Check the credentials for a registry
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Pin, update, verify and fetch base images
    #[command(subcommand)]
    Base(BaseCommand),
    /// Show, verify and shrink the cache
    #[command(subcommand)]
    Cache(CacheCommand),
    /// List the runtimes of Lambda
    Runtimes(Runtimes),
    /// Print the completion script for a shell
    Completions(Completions),
    /// Write the manual pages into a directory
    Man(Man),
    /// Show the version, and what determines the bytes of images
    Version(Version),
}

/// A command that needs Linux, with whatever follows it.
#[cfg(not(target_os = "linux"))]
#[derive(clap::Args)]
#[group(skip)]
pub struct NotHere {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// The whole command line, with headings and examples in its help.
pub fn definition() -> clap::Command {
    help::add_to(Args::command())
}

impl Args {
    /// Runs the command; `given` is what it was parsed from.
    pub fn run(self, given: &ArgMatches) -> Result<(), CliError> {
        let mut command = self.command;
        if let Some(net) = command.network() {
            registry_access::complete(net)?;
        }
        // Those that build functions ask which of their options were typed, for settings complete the others.
        let given = given.subcommand().map_or(given, |(_, given)| given);
        match command {
            Command::Build(build) => build::run(&build, given),
            Command::Config(config) => config::run(&config, given),
            Command::Check(check) => check::run(*check, given),
            Command::Diff(diff) => diff::run(*diff, given),
            Command::Inspect(inspect) => inspect::run(*inspect, given),
            Command::Rebase(rebase) => rebase::run(*rebase, given),
            Command::Sbom(sbom) => sbom::run(*sbom, given),
            Command::Attest(attest) => attest::run(&attest),
            Command::Verify(verify) => verify::run(&verify, given),
            #[cfg(target_os = "linux")]
            Command::Invoke(invoke) => invoke::run(&invoke, given),
            #[cfg(not(target_os = "linux"))]
            Command::Invoke(_) => Err(crate::cli::show::usage::commands::linux_only()),
            #[cfg(feature = "init")]
            Command::Init(init) => init::run(&init),
            Command::Explain(explain) => explain::run(&explain),
            Command::Push(push) => push::run(*push),
            #[cfg(feature = "aws")]
            Command::Deploy(deploy) => deploy::run(*deploy, given),
            #[cfg(feature = "aws")]
            Command::Rollback(rollback) => rollback::run(*rollback, given),
            #[cfg(feature = "aws")]
            Command::Images(images) => images::run(&images),
            #[cfg(feature = "aws")]
            Command::Prune(prune) => prune::run(&prune),
            Command::Login(login) => login::login(login),
            Command::Logout(logout) => login::logout(&logout),
            Command::Auth(command) => auth::run(&command),
            Command::Base(command) => base::run(command),
            Command::Cache(command) => cache::run(command),
            Command::Runtimes(runtimes) => runtimes::run(&runtimes),
            Command::Completions(completions) => completions::run(&completions, Args::command()),
            Command::Man(man) => man::run(&man, definition()),
            Command::Version(version) => version::run(&version),
        }
    }
}

/// Answers a shell that asks what a line can go on with, if `words` (the arguments of the program) are its question.
pub fn complete(mut words: impl Iterator<Item = String>) -> bool {
    let asked = words.next().is_some_and(|word| word == complete::WORD);
    if asked {
        // Nobody reads an error here.
        let _ = complete::run(&words.collect::<Vec<_>>(), Args::command());
    }
    asked
}

impl Command {
    /// How registries are reached, of commands that reach them; `build` completes that itself.
    pub fn network(&mut self) -> Option<&mut Network> {
        Some(match self {
            Command::Push(push) => &mut push.net,
            #[cfg(feature = "aws")]
            Command::Deploy(deploy) => &mut deploy.net,
            #[cfg(feature = "aws")]
            Command::Rollback(rollback) => &mut rollback.net,
            #[cfg(feature = "aws")]
            Command::Images(images) => &mut images.looked.net,
            #[cfg(feature = "aws")]
            Command::Prune(prune) => &mut prune.looked.net,
            Command::Check(check) => &mut check.reading.net,
            Command::Inspect(inspect) => &mut inspect.reading.net,
            #[cfg(target_os = "linux")]
            Command::Invoke(invoke) => &mut invoke.reading.net,
            Command::Diff(diff) => &mut diff.reading.net,
            Command::Rebase(rebase) => &mut rebase.net,
            Command::Sbom(sbom) => &mut sbom.reading.net,
            Command::Attest(attest) => &mut attest.reading.net,
            Command::Verify(verify) => &mut verify.reading.net,
            Command::Auth(AuthCommand::Check(check)) => &mut check.net,
            Command::Base(
                BaseCommand::Lock(bases)
                | BaseCommand::Update(bases)
                | BaseCommand::Verify(CopiedBases { bases, .. })
                | BaseCommand::Pull(CopiedBases { bases, .. })
                | BaseCommand::Sync(BaseSync { bases, .. }),
            ) => &mut bases.net,
            Command::Cache(CacheCommand::Info(info)) => &mut info.net,
            Command::Cache(CacheCommand::Prune(prune)) => &mut prune.net,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::examples;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
        // clap would show all options of a group in a usage that is about one of them: `#[group(skip)]`.
        let mut ahead = vec![Args::command()];
        while let Some(command) = ahead.pop() {
            assert_eq!(command.get_groups().count(), 0, "{}", command.get_name());
            ahead.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn examples_are_command_lines_of_their_command() {
        for (command, examples) in examples::EXAMPLES {
            for (what, line) in *examples {
                assert!(line.lines().all(|line| line.len() < 96), "{line}");
                assert!(!what.ends_with('.'), "{what}");
                parses(command, line);
            }
        }
    }

    /// Parses an example of a command as the program would: without what a shell does with it.
    fn parses(command: &str, line: &str) {
        let line = line.rsplit(" | ").next().unwrap().split(['<', '>']).next().unwrap().replace("\\\n", "");
        let words: Vec<_> = line.split_whitespace().collect();
        assert!(line.starts_with(format!("lambda-img {command}").trim_end()), "{line}");
        assert!(Args::try_parse_from(words).is_ok(), "{line}");
    }

    #[test]
    fn examples_of_options_are_command_lines_of_their_command_and_use_the_option() {
        let (mut ahead, mut seen) = (vec![(String::new(), definition())], 0);
        while let Some((words, command)) = ahead.pop() {
            for arg in command.get_arguments() {
                let help = arg.get_long_help().map(ToString::to_string).unwrap_or_default();
                let Some((_, line)) = help.split_once("Example: ") else { continue };
                parses(&words, line);
                assert!(line.len() < 82, "does not fit into a line of the help: {line}");
                let name = arg.get_long().map(|name| format!(" --{name}"));
                assert!(name.is_none_or(|name| line.contains(&name)), "{words}: {line}");
                seen += 1;
            }
            let below = command.get_subcommands();
            ahead.extend(
                below.map(|one| (format!("{words} {}", one.get_name()).trim().to_owned(), one.clone())),
            );
        }
        assert!(seen > 80, "{seen}");
    }
}
