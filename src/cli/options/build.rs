//! The options of `build`: complete, and as they were given.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{OsStr, Resettable};
use clap::{ArgAction, ArgMatches, FromArgMatches};
use lambda_img::arch::Arch;
use lambda_img::build::Add;
use lambda_img::publish::Output;
use lambda_img::reference::Reference;
use lambda_img::source::ImageRef;

use super::prepare::Prepare;
use super::references;
use super::registries::Network;
use super::values::{self, Format, SplitArg, Words};
use crate::cli::commands::check::Checks;
use crate::cli::options::fleet::Fleet;

/// Every option of a build, complete.
#[derive(clap::Args)]
pub struct Build {
    /// The function: its name in lambda-img.toml, or its path: a directory, a .zip or .jar, or one
    /// executable file [default: the only one of lambda-img.toml, else the current directory]
    #[arg(default_value = ".")]
    pub path: PathBuf,

    /// Settings of lambda-img.toml to prefer: its [profiles.NAME] [default: $LAMBDA_IMG_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Command that makes the function, run before it is read: for the shell, or a JSON array; `''` for
    /// none
    #[arg(long, value_name = "COMMAND")]
    pub prepare: Option<Prepare>,

    /// Lambda's identifier of the runtime: see `lambda-img runtimes`
    #[arg(short, long, value_name = "ID")]
    pub runtime: String,

    /// Architecture, x86_64 or arm64; repeat it for one image each
    #[arg(short, long, value_name = "ARCH", value_delimiter = ',', default_value = "x86_64")]
    pub arch: Vec<Arch>,

    /// Handler, as `app.handler` [default: the one usual in the language]
    #[arg(long, value_name = "H", conflicts_with = "cmd")]
    pub handler: Option<String>,

    /// Base image: embedded, scratch, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME] or a registry reference [default: the runtime's own image]
    #[arg(short, long, value_name = "BASE", value_parser = references::base)]
    pub base: Option<ImageRef>,

    /// Executable to start as the custom runtime
    #[arg(long, value_name = "FILE")]
    pub bootstrap: Option<PathBuf>,

    /// Lambda layer to merge into /opt, later ones over earlier ones; repeatable
    #[arg(long = "lambda-layer", value_name = "ZIP|DIR")]
    pub lambda_layers: Vec<PathBuf>,

    /// Executable to put into /opt/extensions; repeatable
    #[arg(long = "extension", value_name = "FILE")]
    pub extensions: Vec<PathBuf>,

    /// File or directory to put at an absolute path of the image; repeatable
    #[arg(long = "add", value_name = "SRC:DEST", value_parser = values::add)]
    pub adds: Vec<Add>,

    /// Leave out what matches, in .dockerignore's language; repeatable
    #[arg(long = "exclude", value_name = "GLOB")]
    pub excludes: Vec<String>,

    /// Keep what tools have in the function's directory: .venv, .idea, .pytest_cache and others
    #[arg(long)]
    pub no_default_excludes: bool,

    /// Environment variable; repeatable
    #[arg(short, long, value_name = "K=V", value_parser = values::pair)]
    pub env: Vec<(String, String)>,

    /// Label of the image; repeatable
    #[arg(long = "label", value_name = "K=V", value_parser = values::pair)]
    pub labels: Vec<(String, String)>,

    /// Annotation of the manifest; repeatable
    #[arg(long = "annotation", value_name = "K=V", value_parser = values::pair)]
    pub annotations: Vec<(String, String)>,

    /// Entry point: one path, or a JSON array
    #[arg(long, value_name = "E", value_parser = values::program)]
    pub entrypoint: Option<Words>,

    /// Command: one word, or a JSON array [default: the handler]
    #[arg(long, value_name = "C", value_parser = values::words)]
    pub cmd: Option<Words>,

    /// Working directory [default: the base's]
    #[arg(long, value_name = "DIR", value_parser = values::absolute)]
    pub workdir: Option<String>,

    /// Media types of the image, whatever the base's are [default: oci]
    #[arg(long, value_enum)]
    pub format: Option<Format>,

    /// Whether dependencies and code become separate layers
    #[arg(long, value_enum, default_value_t)]
    pub split: SplitArg,

    /// oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]; repeatable
    /// [default: oci:lambda-image, with --push none]
    #[arg(short, long = "output", value_name = "OUTPUT")]
    pub outputs: Vec<Output>,

    /// Name in a registry to push to, of several architectures with the architecture behind it;
    /// repeatable
    #[arg(short, long = "tag", value_name = "REGISTRY/REPOSITORY:TAG", value_parser = references::tagged)]
    pub tags: Vec<Reference>,

    /// Push what was built to every --tag
    #[arg(long)]
    pub push: bool,

    /// Create repositories that are missing in ECR: immutable tags, scan on push
    #[arg(long)]
    pub create_repository: bool,

    #[command(flatten)]
    pub checks: Checks,

    /// Build on nothing of a registry that neither lambda-img.lock nor a digest pins
    #[arg(long)]
    pub locked: bool,

    #[command(flatten)]
    pub net: Network,

    /// Find the digest and tell what would be written; write and push nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Pack every layer anew, and remember nothing of it; bases are still kept
    #[arg(long)]
    pub no_cache: bool,

    /// Print one JSON object instead of a line for each image and output
    #[arg(long)]
    pub json: bool,

    /// Threads that compress [default: one for each processor]
    #[arg(short, long, value_name = "N", value_parser = values::jobs)]
    pub jobs: Option<NonZeroUsize>,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: every file of every new layer, and what became of every layer that was pushed
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

/// What of these options the command line gives. What it leaves out, settings may say: nothing is
/// required here, and there may be several functions.
pub struct Given(pub ArgMatches);

impl FromArgMatches for Given {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(matches.clone()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0 = matches.clone();
        Ok(())
    }
}

impl clap::Args for Given {
    fn augment_args(command: clap::Command) -> clap::Command {
        Fleet::augment_args(Self::settable(command))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl Given {
    /// The options that can be set alone.
    pub fn settable(command: clap::Command) -> clap::Command {
        <Build as clap::Args>::augment_args(command).mut_arg("runtime", |arg| arg.required(false)).mut_arg(
            "path",
            |arg| {
                let none = Resettable::<OsStr>::Reset;
                arg.value_name("NAME|PATH").default_value(none).num_args(0..).action(ArgAction::Append)
            },
        )
    }

    /// The others.
    pub fn fleet(&self) -> Fleet {
        Fleet::from_arg_matches(&self.0).unwrap_or_default()
    }
}
