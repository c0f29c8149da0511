//! `Error`: every way in which a call of [`Lambda`](super::Lambda) can fail.

use std::path::PathBuf;

use crate::build::BuildError;
use crate::check::UnknownCheck;
use crate::examine::ExamineError;
use crate::http::BadCertificates;
use crate::inspect::InspectError;
use crate::publish::InvalidOutput;
use crate::reference::InvalidTarget;
use crate::source::InvalidBase;
use crate::source::pins::LockError;
use crate::store::FileError;
use crate::store::cache::Distrust;
use crate::tree::InvalidPath;

/// Why [`Lambda`](super::Lambda) did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A variable of the environment.
    #[error("environment variable {name}: {why}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong with its value.
        why: String,
    },
    /// A text that names no image.
    #[error(transparent)]
    Image(#[from] InvalidBase),
    /// A text that does not name what is pushed.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// A text that names no output.
    #[error(transparent)]
    Output(#[from] InvalidOutput),
    /// A path that cannot be in an image.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// A text that names no registry.
    #[error("`{host}` is not a registry: {why}")]
    Host {
        /// The text.
        host: String,
        /// Why not, as a clause.
        why: &'static str,
    },
    /// Certificates to trust.
    #[error(transparent)]
    Certificates(#[from] BadCertificates),
    /// The directory that was named as cache.
    #[error("the cache `{}` cannot be used: {why}", dir.display())]
    Cache {
        /// The directory.
        dir: PathBuf,
        /// Why it is not trusted.
        #[source]
        why: Distrust,
    },
    /// AWS was asked for, and the feature `aws` of this crate is not compiled in.
    #[error("{0} needs AWS, which is not compiled in: it is the feature `aws` of lambda-img")]
    NoAws(String),
    /// A check that does not exist.
    #[error(transparent)]
    Check(#[from] UnknownCheck),
    /// A lock file.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The host's own files.
    #[error(transparent)]
    File(#[from] FileError),
    /// A build or a push.
    #[error(transparent)]
    Build(Box<BuildError>),
    /// An image that cannot be judged.
    #[error(transparent)]
    Examine(#[from] ExamineError),
    /// An image that cannot be shown.
    #[error(transparent)]
    Inspect(#[from] InspectError),
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::Build(Box::new(error))
    }
}
