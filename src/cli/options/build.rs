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

use super::base_repository::BaseRepository;
use super::checks::Checks;
use super::evidence::BuildEvidence;
use super::headings::{CACHE, FUNCTION, IMAGE, OUTPUT};
use super::jobs::Jobs;
use super::old_names;
use super::pre_build::PreBuild;
use super::references;
use super::registries::Network;
use super::registry_cache::RegistryCacheOptions;
use super::signing::Signing;
use super::step::DeclaredStep;
use super::values::{self, MediaTypes, SplitArg, Words};
use crate::cli::show::error::CliError;
use crate::cli::show::usage;

/// Every option of the build of one function.
#[derive(clap::Args)]
#[group(skip)]
pub struct Build {
    /// Build this function: the path of a directory, .zip, .jar or executable
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

/// What the image of a function contains. `check`, `inspect` and `diff` take these options too.
// `hide_short_help` keeps `-h` to the options of the common case: `--help` has all of them.
#[derive(clap::Args, Clone)]
#[group(skip)]
pub struct ImageOptions {
    /// Set the runtime, such as python3.13; `lambda-img runtimes` lists all
    #[arg(help_heading = FUNCTION, short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Set the handler, such as app.handler [default: usual for the language]
    #[arg(help_heading = FUNCTION, display_order = 2, long, value_name = "HANDLER", conflicts_with = "cmd")]
    pub handler: Option<String>,

    /// Run this command before the function is read, for example a compiler
    ///
    /// COMMAND is a script for `sh -e`, or a JSON array of a program and its arguments. An empty COMMAND skips the
    /// command of lambda-img.toml.
    #[arg(help_heading = FUNCTION, long, alias = "prepare", value_name = "COMMAND")]
    pub pre_build: Option<PreBuild>,

    /// Use the settings of [profiles.NAME] in lambda-img.toml [default: $LAMBDA_IMG_PROFILE]
    #[arg(help_heading = FUNCTION, hide_short_help = true, long, value_name = "NAME")]
    pub profile: Option<String>,

    /// Build on this image [default: the runtime's image from AWS]
    ///
    /// BASE is embedded (for static programs), scratch, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME] or REGISTRY/REPOSITORY[:TAG]. Append @sha256:DIGEST to require an exact image.
    #[arg(help_heading = IMAGE, short, long, value_name = "BASE", value_parser = references::base)]
    pub base: Option<ImageRef>,

    #[command(flatten)]
    pub base_copies: BaseRepository,

    /// Run this command if its inputs changed, and add its files to the function; repeatable
    ///
    /// JSON is an object with the keys of `[[functions.NAME.step]]` in lambda-img.toml.
    #[arg(help_heading = FUNCTION, hide_short_help = true, long = "step", value_name = "JSON")]
    pub steps: Vec<DeclaredStep>,

    /// Start this executable as the custom runtime [default: the function's bootstrap]
    #[arg(help_heading = FUNCTION, hide_short_help = true, long, value_name = "FILE")]
    pub bootstrap: Option<PathBuf>,

    /// Merge this Lambda layer into /opt; repeatable
    ///
    /// Files of later layers replace files of earlier ones.
    #[arg(help_heading = IMAGE, long = "lambda-layer", value_name = "ZIP|DIR")]
    pub lambda_layers: Vec<PathBuf>,

    /// Put this executable into /opt/extensions; repeatable
    #[arg(help_heading = IMAGE, hide_short_help = true, long = "extension", value_name = "FILE")]
    pub extensions: Vec<PathBuf>,

    /// Copy a file or directory to an absolute path; repeatable
    #[arg(help_heading = IMAGE, long = "add", value_name = "SRC:DEST", value_parser = values::add)]
    pub adds: Vec<Add>,

    /// Leave out matching files of the function; repeatable
    ///
    /// GLOB is a pattern as in .dockerignore. `!GLOB` keeps files that an earlier pattern leaves out.
    #[arg(help_heading = FUNCTION, hide_short_help = true, long = "exclude", value_name = "GLOB")]
    pub excludes: Vec<String>,

    /// Keep the files that are left out by default, such as .venv, .idea and .pytest_cache
    #[arg(help_heading = FUNCTION, hide_short_help = true, long)]
    pub no_default_excludes: bool,

    /// Set an environment variable of the image; repeatable
    #[arg(help_heading = IMAGE, short, long, value_name = "K=V", value_parser = values::pair)]
    pub env: Vec<(String, String)>,

    /// Set a label of the image; repeatable
    #[arg(help_heading = IMAGE, hide_short_help = true, long = "label", value_name = "K=V", value_parser = values::pair)]
    pub labels: Vec<(String, String)>,

    /// Set an annotation of the manifest; repeatable
    #[arg(help_heading = IMAGE, hide_short_help = true, long = "annotation", value_name = "K=V", value_parser = values::pair)]
    pub annotations: Vec<(String, String)>,

    /// Set the entry point: one path, or a JSON array of strings [default: that of the runtime]
    #[arg(help_heading = IMAGE, hide_short_help = true, long, value_name = "PATH|JSON", value_parser = values::program)]
    pub entrypoint: Option<Words>,

    /// Set the command: one word, or a JSON array of strings [default: the handler]
    #[arg(help_heading = IMAGE, hide_short_help = true, long, value_name = "WORD|JSON", value_parser = values::words)]
    pub cmd: Option<Words>,

    /// Set the working directory, an absolute path [default: that of the base]
    #[arg(help_heading = IMAGE, hide_short_help = true, long, value_name = "DIR", value_parser = values::absolute)]
    pub workdir: Option<String>,

    /// Write the media types of OCI or of Docker, independent of the base [default: oci]
    #[arg(help_heading = IMAGE, hide_short_help = true, long, alias = "format", value_enum, value_name = "TYPES")]
    pub media_types: Option<MediaTypes>,

    /// Put dependencies and code into one layer [default: a layer for each]
    #[arg(help_heading = IMAGE, hide_short_help = true, long)]
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

    /// Fail if the base is in a registry and not pinned
    ///
    /// A base is pinned by lambda-img.lock, or by a digest in --base.
    #[arg(help_heading = IMAGE, hide_short_help = true, long)]
    pub locked: bool,

    /// Do not read or write the layer cache; base images are still cached
    #[arg(help_heading = CACHE, hide_short_help = true, long)]
    pub no_cache: bool,
}

/// Which images are made of a function, where they go, and what is printed.
#[derive(clap::Args)]
#[group(skip)]
pub struct OutputOptions {
    /// Build for x86_64 or arm64; repeat it for one image each
    // Next to `--runtime`, which belongs to the other group.
    #[arg(
        help_heading = FUNCTION,
        display_order = 1,
        short,
        long,
        value_name = "ARCH",
        value_delimiter = ',',
        default_value = "x86_64"
    )]
    pub arch: Vec<Arch>,

    /// Write the image here; repeatable [default: oci:lambda-image]
    ///
    /// OUTPUT is oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:NAME:TAG]. With --push, nothing is
    /// written by default.
    #[arg(help_heading = OUTPUT, short, long = "output", value_name = "OUTPUT")]
    pub outputs: Vec<Output>,

    /// Name the image in a registry, for --push; repeatable
    ///
    /// If you build for several architectures, the architecture is appended to each tag: v1-x86_64, v1-arm64.
    #[arg(
        help_heading = OUTPUT,
        short,
        long = "tag",
        value_name = "REGISTRY/REPOSITORY:TAG",
        value_parser = references::tagged
    )]
    pub tags: Vec<Reference>,

    /// Push the image to every --tag
    #[arg(help_heading = OUTPUT, long)]
    pub push: bool,

    /// Create missing repositories in Amazon ECR, with immutable tags and scan on push
    #[arg(help_heading = OUTPUT, hide_short_help = true, long)]
    pub create_repository: bool,

    /// Attach evidence to the pushed image: sbom, spdx, provenance, signature; repeatable
    #[arg(help_heading = OUTPUT, hide_short_help = true, long, value_name = "KIND", value_delimiter = ',')]
    pub attest: Vec<BuildEvidence>,

    #[command(flatten)]
    pub signing: Signing,

    #[command(flatten)]
    pub checks: Checks,

    #[command(flatten)]
    pub net: Network,

    #[command(flatten)]
    pub registry_cache: RegistryCacheOptions,

    /// Print the digest, and write and push nothing
    #[arg(help_heading = OUTPUT, long)]
    pub dry_run: bool,

    /// Print one JSON object (docs/schemas/build.json) instead of references
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub jobs: Jobs,

    /// Print only errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Print every file of each new layer, and what happened to each pushed layer
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
        self.image.runtime.as_deref().ok_or_else(usage::options::no_runtime)
    }
}
