//! The command line as types.

use std::num::NonZeroUsize;

use clap::{ArgAction, ColorChoice, Parser, Subcommand};
use lambda_img::arch::Arch;
use lambda_img::reference::Reference;
use lambda_img::source::ImageRef;

use super::check::{Check, Checks};
use super::completions::Completions;
use super::config::Config;
use super::diff::Diff;
use super::explain::Explain;
#[cfg(feature = "init")]
use super::init::Init;
use super::inspect::Inspect;
use super::login::{Login, Logout};
use super::man::Man;
use super::runtimes::Runtimes;
use super::version::Version;
use crate::cli::options::cache_dir::CacheDir;
use crate::cli::options::references::{self, Place};
use crate::cli::options::registries::Network;
use crate::cli::options::values;
use crate::cli::settings::sources;
use crate::cli::show::colour;

use crate::cli::options::build::Given;

/// Reproducible OCI images for AWS Lambda functions, without a Docker daemon.
#[derive(Parser)]
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
    Build(Given),
    /// Print what a build would do with lambda-img.toml, and where each value is from
    Config(Config),
    /// Write a lambda-img.toml for what is in a directory
    #[cfg(feature = "init")]
    Init(Init),
    /// Push an image that exists to registries
    Push(Box<Push>),
    /// Find what Lambda would refuse or break in an image
    Check(Box<Check>),
    /// Print the page of a check; without a name, list all checks
    Explain(Explain),
    /// Show what is in an image
    Inspect(Box<Inspect>),
    /// Tell why two images have two digests
    Diff(Box<Diff>),
    /// Log in to a registry, and keep the login where Docker does
    Login(Login),
    /// Forget the login to a registry
    Logout(Logout),
    /// Find out who you are to a registry
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Pin, check and fetch the base images of runtimes
    #[command(subcommand)]
    Base(BaseCommand),
    /// Show and shrink what is kept of registries
    #[command(subcommand)]
    Cache(CacheCommand),
    /// List Lambda's runtimes
    Runtimes(Runtimes),
    /// Print the completions for a shell
    Completions(Completions),
    /// Write the manual pages into a directory
    Man(Man),
    /// Tell version, layer format and encoder
    Version(Version),
}

impl Command {
    /// How registries are reached, of commands that reach them; `build` completes that itself.
    pub fn network(&mut self) -> Option<&mut Network> {
        Some(match self {
            Command::Push(push) => &mut push.net,
            Command::Check(check) => &mut check.reading.net,
            Command::Inspect(inspect) => &mut inspect.reading.net,
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

#[derive(Subcommand)]
pub enum BaseCommand {
    /// List what the lock file pins
    List(BaseList),
    /// Pin bases in lambda-img.lock; what is pinned stays
    Lock(Bases),
    /// Move pins to what the registry has now, and print old and new
    Update(Bases),
    /// Compare bases with what is known of their runtimes
    Verify(Bases),
    /// Fetch bases, pinned where they are, into the cache
    Pull(Bases),
}

#[derive(clap::Args)]
pub struct BaseList {
    /// Only those of a runtime; repeatable
    #[arg(short, long = "runtime", value_name = "ID", value_delimiter = ',')]
    pub runtimes: Vec<String>,
    /// Only those for an architecture, x86_64 or arm64; repeatable
    #[arg(short, long = "arch", value_name = "ARCH", value_delimiter = ',')]
    pub archs: Vec<Arch>,
    /// Print one JSON object (docs/schemas/base-list.json)
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub cache: CacheDir,
}

#[derive(clap::Args)]
pub struct Bases {
    /// Lambda's identifier of a runtime; repeatable [default: those of the lock file]
    #[arg(short, long = "runtime", value_name = "ID", value_delimiter = ',')]
    pub runtimes: Vec<String>,
    /// Architecture, x86_64 or arm64; repeatable [default: all that the runtime or the lock file has]
    #[arg(short, long = "arch", value_name = "ARCH", value_delimiter = ',')]
    pub archs: Vec<Arch>,
    #[command(flatten)]
    pub net: Network,
    /// Print one JSON object (docs/schemas/base-COMMAND.json)
    #[arg(long)]
    pub json: bool,
    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(Subcommand)]
pub enum CacheCommand {
    /// Tell where it is and how much is in it
    Info {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-info.json)
        #[arg(long)]
        json: bool,
    },
    /// Read everything that is kept, and remove what is corrupt
    Verify {
        #[command(flatten)]
        cache: CacheDir,
        /// Print one JSON object (docs/schemas/cache-verify.json)
        #[arg(long)]
        json: bool,
    },
    /// Remove what exceeds the limits, the least recently used first; without limits, everything
    Prune {
        #[command(flatten)]
        cache: CacheDir,
        /// The most to keep: bytes, or as 5GB, 500MiB
        #[arg(long, value_name = "SIZE", value_parser = values::size)]
        max_size: Option<u64>,
        /// Remove what was not used for so many days
        #[arg(long, value_name = "DAYS")]
        older_than: Option<u32>,
        /// Print one JSON object (docs/schemas/cache-prune.json)
        #[arg(long)]
        json: bool,
    },
}

#[derive(clap::Args)]
pub struct Push {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry
    /// reference
    #[arg(value_parser = sources::image)]
    pub source: ImageRef,

    /// Where to: REGISTRY/REPOSITORY[:TAG], without a tag by digest alone; repeatable
    #[arg(required = true, value_name = "REGISTRY/REPOSITORY[:TAG]", value_parser = references::target)]
    pub targets: Vec<Reference>,

    /// Which image of an index: x86_64 or arm64
    #[arg(short, long, value_name = "ARCH", value_parser = values::arch)]
    pub arch: Option<Arch>,

    /// Create repositories that are missing in ECR: immutable tags, scan on push
    #[arg(long)]
    pub create_repository: bool,

    #[command(flatten)]
    pub checks: Checks,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/push.json) instead of a line for each repository
    #[arg(long)]
    pub json: bool,

    /// Transfers at once [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = values::jobs)]
    pub jobs: Option<NonZeroUsize>,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: what became of every layer
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Subcommand)]
pub enum AuthCommand {
    /// Tell which credential a registry gets, whose it is, until when, and whether it is accepted
    Check(AuthCheck),
}

#[derive(clap::Args)]
pub struct AuthCheck {
    /// The registry, or a repository of it: HOST[/REPOSITORY]
    #[arg(value_name = "HOST", value_parser = references::place)]
    pub place: Place,

    /// Ask for what a push asks for in the repository, too: sends nothing, and gives the upload up that
    /// it begins
    #[arg(long)]
    pub push: bool,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object (docs/schemas/auth-check.json)
    #[arg(long)]
    pub json: bool,

    /// Print the policy for ECR, too, where nothing is missing
    #[arg(short, long)]
    pub verbose: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
