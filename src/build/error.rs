//! Why a build failed.

use std::path::PathBuf;
use std::sync::Arc;

use crate::arch::Arch;
use crate::examine::{Checked, ExamineError};
use crate::family::FamilyError;
use crate::image::ConfigError;
use crate::input::InputError;
use crate::pack::PackError;
use crate::publish::PublishError;
use crate::publish::registry::Stopped;
use crate::reference::InvalidReference;
use crate::runtime::RuntimeError;
use crate::source::SourceError;
use crate::store::FileError;
use crate::tree::{Clash, ImagePath, InvalidPath};
use crate::work::Interrupted;

/// Why a build failed. Nothing stands under the name of any output then.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// There is no architecture to build for: nothing would be made.
    #[error("no architecture is named to build for")]
    NoArchitecture,
    /// An input.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A path that cannot be in an image.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// Two inputs want one path.
    #[error(transparent)]
    Clash(Clash),
    /// The function does not fit its family.
    #[error(transparent)]
    Family(#[from] FamilyError),
    /// The base.
    #[error(transparent)]
    Base(#[from] SourceError),
    /// What several functions of a fleet wanted, and the first of them did not get.
    #[error(transparent)]
    Shared(Arc<BuildError>),
    /// Only pinned bases may be built on.
    #[error("base `{base}` is not pinned for {arch}")]
    Unpinned {
        /// The base.
        base: String,
        /// The architecture.
        arch: Arch,
        /// The runtime, where the base is its own: what can be pinned by a lock file.
        runtime: Option<String>,
        /// Whether the lock file has a pin for them, of another image than the runtime has by now.
        stale: bool,
    },
    /// The base's configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The packing.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The host's own.
    #[error(transparent)]
    File(#[from] FileError),
    /// An output.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A push, which may have reached some of its targets.
    #[error(transparent)]
    Push(Box<Stopped>),
    /// The name of an image in a registry, with its architecture.
    #[error(transparent)]
    Target(#[from] InvalidReference),
    /// A Lambda layer that is one file.
    #[error("Lambda layer `{}` is neither a zip nor a directory", .0.display())]
    LambdaLayer(PathBuf),
    /// A directory where an executable is wanted.
    #[error("`{}` is no regular file", .0.display())]
    NotAFile(PathBuf),
    /// A custom runtime without its program.
    #[error("no bootstrap: `{}` has no file `bootstrap` at its top, and `{base}` starts `/var/runtime/bootstrap`", path.display())]
    NoBootstrap {
        /// The function.
        path: PathBuf,
        /// The base.
        base: String,
    },
    /// A base without the language of the function.
    #[error("base `{base}` has no {runtime}: it starts `/var/runtime/bootstrap`, and `{}` brings none", path.display())]
    NoLanguage {
        /// The base.
        base: String,
        /// Display name of the runtime.
        runtime: String,
        /// The function.
        path: PathBuf,
    },
    /// Nothing to start at all.
    #[error("the image has no entry point: base `{base}` sets none")]
    NoEntrypoint {
        /// The base.
        base: String,
    },
    /// A program without a byte.
    #[error("`/{path}`, from `{origin}`, is to be started and is empty")]
    EmptyProgram {
        /// The path in the image.
        path: ImagePath,
        /// Where it comes from.
        origin: String,
    },
    /// A name that means "delete" in a layer.
    #[error(
        "`/{path}`, from `{origin}`, would delete files of the layers below: names that begin with `.wh.` do"
    )]
    Whiteout {
        /// The path in the image.
        path: ImagePath,
        /// Where it comes from.
        origin: String,
    },
    /// A file in the place of a directory that every base has.
    #[error("`/{path}` is a directory of the base, `{origin}` is not one")]
    SystemDirectory {
        /// The path in the image.
        path: ImagePath,
        /// Where it comes from.
        origin: String,
    },
    /// A path below a link of the base, which the layer would turn into a directory.
    #[error(
        "`/{path}` is a link in images of Amazon Linux: a layer that has it as a directory breaks the base"
    )]
    SystemLink {
        /// The path in the image.
        path: ImagePath,
    },
    /// AWS's entry script takes one argument.
    #[error(
        "the entry point `{entrypoint}` takes exactly one argument, the handler; the command has {count}: {cmd}"
    )]
    Command {
        /// The entry point.
        entrypoint: String,
        /// Number of elements of the command.
        count: usize,
        /// The command, as JSON.
        cmd: String,
    },
    /// More than Lambda takes.
    #[error("the environment has {size} bytes, {limit} are the most that Lambda takes")]
    Environment {
        /// Its size in bytes.
        size: usize,
        /// The most, in bytes.
        limit: usize,
    },
    /// More than Lambda takes.
    #[error(
        "the image has at least {size} bytes uncompressed, {limit} are the most that Lambda takes; its largest file is \
         `{largest}`, {largest_size} bytes"
    )]
    TooBig {
        /// The largest file of the new layers.
        largest: String,
        /// Its size in bytes.
        largest_size: u64,
        /// Its least size in bytes.
        size: u64,
        /// The most, in bytes.
        limit: u64,
    },
    /// Findings of checks that nobody accepted, in the images that were checked.
    #[error("{}", denied(.0))]
    Denied(Vec<Checked>),
    /// `exec format error`, seen before it happens.
    #[error("`/{path}`, from `{origin}`, is an executable for {found}; the image is for {arch}")]
    Machine {
        /// The path in the image.
        path: ImagePath,
        /// Where it comes from.
        origin: String,
        /// Its architecture.
        found: String,
        /// The image's.
        arch: Arch,
    },
    /// The kernel would look for an interpreter whose name ends in a carriage return.
    #[error("`/{path}`, from `{origin}`, is a script whose first line ends in CR LF")]
    CarriageReturn {
        /// The path in the image.
        path: ImagePath,
        /// Where it comes from.
        origin: String,
    },
}

impl BuildError {
    /// The error itself, where several functions share it.
    pub fn root(&self) -> &Self {
        match self {
            BuildError::Shared(error) => error.root(),
            error => error,
        }
    }
}

impl From<Stopped> for BuildError {
    fn from(stopped: Stopped) -> Self {
        BuildError::Push(Box::new(stopped))
    }
}

fn denied(all: &[Checked]) -> String {
    match all.iter().map(|one| one.report.denied().count()).sum() {
        1 => "1 finding is denied, nothing was published".to_owned(),
        count => format!("{count} findings are denied, nothing was published"),
    }
}

impl From<Interrupted> for BuildError {
    fn from(interrupted: Interrupted) -> Self {
        BuildError::Pack(interrupted.into())
    }
}

impl From<ExamineError> for BuildError {
    fn from(error: ExamineError) -> Self {
        match error {
            ExamineError::Source(error) => error.into(),
            ExamineError::Runtime(error) => error.into(),
            ExamineError::Interrupted(interrupted) => interrupted.into(),
        }
    }
}
