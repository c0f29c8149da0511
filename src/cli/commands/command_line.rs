//! The command line: every command, and what runs it.

use clap::{ArgMatches, ColorChoice, CommandFactory, Parser, Subcommand};

use super::auth::{self, AuthCommand};
use super::base::{self, BaseCommand};
use super::build::{self, BuildFunctions};
use super::cache::{self, CacheCommand};
use super::check::{self, Check};
use super::completions::{self, Completions};
use super::config::{self, Config};
use super::diff::{self, Diff};
use super::explain::{self, Explain};
#[cfg(feature = "init")]
use super::init::{self, Init};
use super::inspect::{self, Inspect};
#[cfg(target_os = "linux")]
use super::invoke::{self, Invoke};
use super::login::{self, Login, Logout};
use super::man::{self, Man};
use super::push::{self, Push};
use super::runtimes::{self, Runtimes};
use super::version::{self, Version};
use super::{complete, examples};
use crate::cli::options::registries::Network;
use crate::cli::settings::registry_access;
use crate::cli::show::colour;
use crate::cli::show::error::CliError;

/// Reproducible OCI images for AWS Lambda functions, without a Docker daemon.
#[derive(Parser)]
#[group(skip)]
#[command(name = "lambda-img", version, max_term_width = 100, propagate_version = true, styles = colour::STYLES)]
pub struct Args {
    /// When to use colours
    // Read before all others, by `colour::choose`.
    #[arg(long, global = true, value_name = "WHEN", default_value_t, display_order = 900)]
    pub color: ColorChoice,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Build the image of a function
    Build(BuildFunctions),
    /// Print what a build would do with lambda-img.toml, and where each value is from
    Config(Config),
    /// Create lambda-img.toml for the functions in a directory
    #[cfg(feature = "init")]
    Init(Init),
    /// Push an image that exists to registries
    Push(Box<Push>),
    /// Check an image for what Lambda would refuse or break
    Check(Box<Check>),
    /// Explain a check; without a name, list all checks
    Explain(Explain),
    /// Show what is in an image
    Inspect(Box<Inspect>),
    /// Run a function here, as Lambda would run it
    #[cfg(target_os = "linux")]
    Invoke(Box<Invoke>),
    /// Explain why two images differ
    Diff(Box<Diff>),
    /// Log in to a registry, and keep the login where Docker does
    Login(Login),
    /// Log out of a registry
    Logout(Logout),
    /// Check registry credentials
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Pin, check and fetch the base images of runtimes
    #[command(subcommand)]
    Base(BaseCommand),
    /// Show, verify and shrink the cache
    #[command(subcommand)]
    Cache(CacheCommand),
    /// List Lambda's runtimes
    Runtimes(Runtimes),
    /// Print the completions for a shell
    Completions(Completions),
    /// Write the manual pages into a directory
    Man(Man),
    /// Show version information
    Version(Version),
}

/// The whole command line, with examples in its help.
pub fn definition() -> clap::Command {
    examples::add_to(Args::command())
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
            #[cfg(target_os = "linux")]
            Command::Invoke(invoke) => invoke::run(&invoke, given),
            #[cfg(feature = "init")]
            Command::Init(init) => init::run(&init),
            Command::Explain(explain) => explain::run(&explain),
            Command::Push(push) => push::run(*push),
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
            Command::Check(check) => &mut check.reading.net,
            Command::Inspect(inspect) => &mut inspect.reading.net,
            #[cfg(target_os = "linux")]
            Command::Invoke(invoke) => &mut invoke.reading.net,
            Command::Diff(diff) => &mut diff.reading.net,
            Command::Auth(AuthCommand::Check(check)) => &mut check.net,
            Command::Base(
                BaseCommand::Lock(bases)
                | BaseCommand::Update(bases)
                | BaseCommand::Verify(bases)
                | BaseCommand::Pull(bases),
            ) => &mut bases.net,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
                let line =
                    line.rsplit(" | ").next().unwrap().split(" > ").next().unwrap().replace("\\\n", "");
                let words: Vec<_> = line.split_whitespace().collect();
                assert!(line.starts_with(format!("lambda-img {command}").trim_end()), "{line}");
                assert!(Args::try_parse_from(words).is_ok(), "{line}");
                assert!(!what.ends_with('.'), "{what}");
            }
        }
    }
}
