//! Why a build failed.

mod function;
mod limit;
mod value;

use std::sync::Arc;

pub use self::function::FunctionError;
pub use self::limit::LimitError;
pub use self::value::InvalidValue;
use crate::arch::Arch;
use crate::examine::{Checked, ExamineError};
use crate::image::ConfigError;
use crate::pack::PackError;
use crate::publish::PublishError;
use crate::publish::registry::Stopped;
use crate::reference::InvalidReference;
use crate::runtime::RuntimeError;
use crate::source::SourceError;
use crate::store::FileError;
use crate::work::Interrupted;

/// Why a build failed. Nothing stands under the name of any output then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// No runtime is named.
    #[error("no runtime is named to build for: name one, such as `python3.13`")]
    NoRuntime,
    /// A value that no image can have.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// There is no architecture to build for.
    #[error("no architecture is named to build for")]
    NoArchitecture,
    /// The function's files.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// What Lambda would refuse.
    #[error(transparent)]
    Limit(#[from] LimitError),
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
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
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
    /// Denied findings that were not accepted, in the checked images.
    #[error("{}", denied(.0))]
    Denied(Vec<Checked>),
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

impl From<ExamineError> for BuildError {
    fn from(error: ExamineError) -> Self {
        match error {
            ExamineError::Source(error) => error.into(),
            ExamineError::Runtime(error) => error.into(),
            ExamineError::Interrupted(interrupted) => interrupted.into(),
        }
    }
}
