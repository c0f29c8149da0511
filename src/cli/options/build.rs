//! Every option of `build`, and with it every key of lambda-img.toml: a new option is a field here. `spec` hands it to
//! the library.

use std::path::PathBuf;

use clap::ArgAction;
use lambda_img::arch::Arch;
use lambda_img::build::{Add, Split};
use lambda_img::publish::Output;
use lambda_img::reference::Reference;
use lambda_img::source::ImageRef;
use lambda_img::step::Step;

use super::checks::Checks;
use super::jobs::Jobs;
use super::old_names;
use super::pre_build::PreBuild;
use super::references;
use super::registries::Network;
use super::step::DeclaredStep;
use super::values::{self, MediaTypes, SplitArg, Words};
use crate::cli::show::error::CliError;

/// Every option of the build of one function.
#[derive(clap::Args)]
#[group(skip)]
pub struct Build {
    /// The function: a directory, a .zip or .jar, or one executable file
    #[arg(default_value = ".")]
    pub path: PathBuf,

    #[command(flatten)]
    pub image: ImageOptions,

    #[command(flatten)]
    pub output: OutputOptions,

    /// What the function is called, where it has a name: settings say so.
    #[arg(skip)]
    pub name: Option<String>,
}

/// What an image is made of, and what it says: `check`, `inspect` and `diff` take these, too.
#[derive(clap::Args, Clone)]
#[group(skip)]
pub struct ImageOptions {
    /// Settings of lambda-img.toml to prefer: its [profiles.NAME] [default: $LAMBDA_IMG_PROFILE]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Command that makes the function, run before it is read: for the shell, or a JSON array; `''` for
    /// none
    #[arg(long, alias = "prepare", value_name = "COMMAND")]
    pub pre_build: Option<PreBuild>,

    /// Lambda's identifier of the runtime: see `lambda-img runtimes`
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Handler, as `app.handler` [default: the one usual in the language]
    #[arg(long, value_name = "H", conflicts_with = "cmd")]
    pub handler: Option<String>,

    /// Base image: embedded, scratch, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME] or a registry reference [default: the runtime's own image]
    #[arg(short, long, value_name = "BASE", value_parser = references::base)]
    pub base: Option<ImageRef>,

    /// Command that makes a part of the function, and what it reads, as a JSON object; repeatable. Write `step` into
    /// lambda-img.toml instead
    #[arg(long = "step", value_name = "JSON")]
    pub steps: Vec<DeclaredStep>,

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
    #[arg(long, alias = "format", value_enum, value_name = "TYPES")]
    pub media_types: Option<MediaTypes>,

    /// Put dependencies and code into one layer; else each has its own
    #[arg(long)]
    pub single_layer: bool,

    /// The older form of `--single-layer`
    // The settings read it (`old_names`).
    #[arg(
        id = old_names::SPLIT,
        long,
        value_enum,
        value_name = "SPLIT",
        hide = true,
        conflicts_with = "single_layer"
    )]
    _split: Option<SplitArg>,

    /// Build on nothing of a registry that neither lambda-img.lock nor a digest pins
    #[arg(long)]
    pub locked: bool,

    /// Pack every layer anew, and remember nothing of it; bases are still kept
    #[arg(long)]
    pub no_cache: bool,
}

/// Which images are made of a function, where they go, and what is told of them.
#[derive(clap::Args)]
#[group(skip)]
pub struct OutputOptions {
    /// Architecture, x86_64 or arm64; repeat it for one image each
    // Beside `--runtime`, which belongs to the other group.
    #[arg(
        display_order = 2,
        short,
        long,
        value_name = "ARCH",
        value_delimiter = ',',
        default_value = "x86_64"
    )]
    pub arch: Vec<Arch>,

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

    #[command(flatten)]
    pub net: Network,

    /// Find the digest and tell what would be written; write and push nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Print one JSON object instead of a line for each image and output
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub jobs: Jobs,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: every file of every new layer, and what became of every layer that was pushed
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
}

impl ImageOptions {
    /// Whether dependencies and code are separate layers.
    pub fn split(&self) -> Split {
        if self.single_layer { Split::None } else { Split::Auto }
    }
}

impl Build {
    /// Its steps, in order.
    pub fn steps(&self) -> Vec<Step> {
        let name = self.name.as_deref();
        self.image.steps.iter().enumerate().map(|(at, one)| one.step(at, name)).collect()
    }

    /// The runtime, without which nothing is built.
    pub fn runtime(&self) -> Result<&str, CliError> {
        self.image.runtime.as_deref().ok_or_else(|| {
            CliError::usage(
                "no runtime is named",
                "name it with `--runtime ID`; `lambda-img runtimes` lists them",
            )
        })
    }
}
