//! The command line as types.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};
use lambda_img::arch::Arch;
use lambda_img::base::BaseRef;
use lambda_img::pipeline::Add;
use lambda_img::publish::Output;
use lambda_img::reference::Reference;

use super::net::{self, CacheDir, Network};
use super::values::{self, Format, Source, SplitArg, Words};

/// Reproducible OCI images for AWS Lambda functions, without a Docker daemon.
#[derive(Parser)]
#[command(name = "lambda-img", version, max_term_width = 100, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Build the image of a function
    Build(Box<Build>),
    /// Show what is in an image
    Inspect(Box<Inspect>),
    /// Push an image that exists to registries
    Push(Box<Push>),
    /// Find what Lambda would refuse or break in an image
    Check(Box<Check>),
    /// Print the page of a check; without a name, list all checks
    Explain(Explain),
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
    /// Print one JSON object
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
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Remove what exceeds the limits, the least recently used first; without limits, everything
    Prune {
        #[command(flatten)]
        cache: CacheDir,
        /// The most bytes to keep
        #[arg(long, value_name = "BYTES")]
        max_size: Option<u64>,
        /// Remove what was not used for so many days
        #[arg(long, value_name = "DAYS")]
        older_than: Option<u32>,
    },
}

#[derive(clap::Args)]
pub struct Push {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry
    /// reference
    pub source: BaseRef,

    /// Where to: REGISTRY/REPOSITORY[:TAG], without a tag by digest alone; repeatable
    #[arg(required = true, value_name = "REGISTRY/REPOSITORY[:TAG]", value_parser = net::target)]
    pub targets: Vec<Reference>,

    /// Which image of an index: x86_64 or arm64
    #[arg(short, long, value_name = "ARCH")]
    pub arch: Option<Arch>,

    /// Create repositories that are missing in ECR: immutable tags, scan on push
    #[arg(long)]
    pub create_repository: bool,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object instead of a line for each repository
    #[arg(long)]
    pub json: bool,

    /// Transfers at once [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(clap::Args)]
pub struct Check {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry reference;
    /// or the path of a function, which is built and not kept
    #[arg(value_name = "SOURCE|PATH", value_parser = values::source)]
    pub source: Source,

    /// Lambda's identifier of the runtime [default: recognised]
    #[arg(short, long, value_name = "ID")]
    pub runtime: Option<String>,

    /// Architecture of the function: x86_64 or arm64 [default: the image's]
    #[arg(short, long, value_name = "ARCH")]
    pub arch: Option<Arch>,

    /// Read layers that are known to be the base's, too
    #[arg(long)]
    pub deep: bool,

    /// Accept what a check finds; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub allow: Vec<String>,

    /// Refuse what a check finds, also where it only warns; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub deny: Vec<String>,

    /// Region of the function
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Warn where the image is larger uncompressed: bytes, or with kB, MB, GB, KiB, MiB, GiB
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub max_size: Option<u64>,

    /// The function uses SnapStart
    #[arg(long)]
    pub snapstart: bool,

    /// Print one JSON object (docs/schemas/check.json)
    #[arg(long)]
    pub json: bool,

    /// Print SARIF 2.1.0
    #[arg(long, conflicts_with = "json")]
    pub sarif: bool,

    #[command(flatten)]
    pub net: Network,

    /// Layers read at once [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Say nothing but findings and errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(clap::Args)]
pub struct Inspect {
    /// The image: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME] or a registry reference
    pub source: BaseRef,

    /// List the files of the image instead: kind, mode, size, time, path and link
    #[arg(long)]
    pub files: bool,

    /// The files of this layer alone, counted from 0, the lowest
    #[arg(long, value_name = "N", requires = "files")]
    pub layer: Option<usize>,

    /// Which image of an index: x86_64 or arm64
    #[arg(short, long, value_name = "ARCH")]
    pub arch: Option<Arch>,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub net: Network,

    /// Layers read at once [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Say nothing but errors
    #[arg(short, long)]
    pub quiet: bool,
}

#[derive(clap::Args)]
pub struct Explain {
    /// The name of a check, as `lambda-img check` prints it
    #[arg(value_name = "ID")]
    pub id: Option<String>,
}

#[derive(Subcommand)]
pub enum AuthCommand {
    /// Tell which credential a registry gets, whose it is, until when, and whether it is accepted
    Check(AuthCheck),
}

#[derive(clap::Args)]
pub struct AuthCheck {
    /// The registry, or a repository of it: HOST[/REPOSITORY]
    #[arg(value_name = "HOST", value_parser = net::place)]
    pub place: net::Place,

    #[command(flatten)]
    pub net: Network,

    /// Print one JSON object
    #[arg(long)]
    pub json: bool,

    /// Print the policy for ECR, too, where nothing is missing
    #[arg(short, long)]
    pub verbose: bool,
}

#[derive(clap::Args)]
pub struct Runtimes {
    /// Those that Lambda has dropped, too
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Build {
    /// The function: a directory, a .zip or .jar, or one executable file
    #[arg(default_value = ".")]
    pub path: PathBuf,

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
    #[arg(short, long, value_name = "BASE")]
    pub base: Option<BaseRef>,

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

    /// Media types [default: oci in OCI layouts and archives, else the base's]
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
    #[arg(short, long = "tag", value_name = "REGISTRY/REPOSITORY:TAG", value_parser = net::tagged)]
    pub tags: Vec<Reference>,

    /// Push what was built to every --tag
    #[arg(long)]
    pub push: bool,

    /// Create repositories that are missing in ECR: immutable tags, scan on push
    #[arg(long, requires = "push")]
    pub create_repository: bool,

    /// Build on nothing of a registry that neither lambda-img.lock nor a digest pins
    #[arg(long)]
    pub locked: bool,

    #[command(flatten)]
    pub net: Network,

    /// Find the digest and tell what would be written; write and push nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Print one JSON object instead of a line for each image and output
    #[arg(long)]
    pub json: bool,

    /// Threads that compress [default: one for each processor]
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,

    /// Say nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: every file of every new layer
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
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
