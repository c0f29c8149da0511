//! Why a build failed.

mod function;
mod limit;
mod other_copy;
mod shared_differs;
mod value;

use std::sync::Arc;

pub use self::function::FunctionError;
pub use self::limit::LimitError;
pub use self::other_copy::OtherCopy;
pub use self::shared_differs::{Difference, SharedDiffers};
pub use self::value::InvalidValue;
use crate::arch::Arch;
use crate::attest::AttestError;
use crate::examine::{Checked, ExamineError};
use crate::image::ConfigError;
use crate::pack::PackError;
use crate::publish::PublishError;
use crate::publish::registry::Stopped;
use crate::reference::InvalidReference;
use crate::runtime::RuntimeError;
use crate::source::SourceError;
use crate::step::StepError;
use crate::store::FileError;
use crate::work::Interrupted;

/// Why a build failed. No output has its name then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A build needs a runtime.
    #[error("no runtime is set: set one, such as `python3.13`")]
    NoRuntime,
    /// A value that an image cannot have.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// A build needs at least one architecture.
    #[error("no architecture is set")]
    NoArchitecture,
    /// The function's files.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// A limit of Lambda.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A step.
    #[error(transparent)]
    Step(Box<StepError>),
    /// The base.
    #[error(transparent)]
    Base(#[from] SourceError),
    /// An error that several functions of a fleet share.
    #[error(transparent)]
    Shared(Arc<BuildError>),
    /// The build accepts only pinned bases.
    #[error("base `{base}` is not pinned for {arch}")]
    Unpinned {
        /// The base.
        base: String,
        /// The architecture.
        arch: Arch,
        /// The runtime, where the base is its own: a lock file can pin it.
        runtime: Option<String>,
        /// Whether the lock file has a pin for them, of an older image of the runtime.
        stale: bool,
    },
    /// The base's configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The packing.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
    /// A file of the host.
    #[error(transparent)]
    File(#[from] FileError),
    /// An output.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// A push, which may have reached some of its targets.
    #[error(transparent)]
    Push(Box<Stopped>),
    /// The tag for the copy of a base points to another image.
    #[error(transparent)]
    CopyTag(Box<OtherCopy>),
    /// The name of an image in a registry, with its architecture.
    #[error(transparent)]
    Target(#[from] InvalidReference),
    /// A layer that the registry cache has is not the one that is made of the same.
    #[error(transparent)]
    SharedLayer(#[from] Box<SharedDiffers>),
    /// Evidence about an image, which is published then.
    #[error(transparent)]
    Attest(#[from] Box<AttestError>),
    /// Checks found errors that are not accepted.
    #[error("{}", denied(.0))]
    Denied(Vec<Checked>),
}

impl From<StepError> for BuildError {
    fn from(error: StepError) -> Self {
        Self::Step(error.into())
    }
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
        1 => "1 finding is denied; nothing was published".to_owned(),
        count => format!("{count} findings are denied; nothing was published"),
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
