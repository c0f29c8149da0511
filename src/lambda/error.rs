//! `Error`: every way in which a call of [`Lambda`](super::Lambda) can fail.

use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::io;
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
use crate::work::Interrupted;

/// The errors of [`Lambda`](super::Lambda). [`Error::report`] is the text for people.
///
/// Its `Debug` is that report, too: it is what `fn main() -> Result<(), lambda_img::Error>` prints.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A variable of the environment has a value that cannot be used.
    #[error("environment variable {name}: {why}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What is wrong with its value.
        why: String,
    },
    /// A text that does not name an image.
    #[error(transparent)]
    Image(#[from] InvalidBase),
    /// A text that is not the target of a push.
    #[error(transparent)]
    Target(#[from] InvalidTarget),
    /// A text that does not name an output.
    #[error(transparent)]
    Output(#[from] InvalidOutput),
    /// A path that cannot be in an image.
    #[error(transparent)]
    Path(#[from] InvalidPath),
    /// The text is not the name of a registry.
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
    /// The directory that was given as the cache is not trusted.
    #[error("cannot use the cache `{}`: {why}", dir.display())]
    Cache {
        /// The directory.
        dir: PathBuf,
        /// Why it is not trusted.
        #[source]
        why: Distrust,
    },
    /// The library was compiled without its feature `aws`.
    #[error("{0} needs AWS support, which is not compiled in: compile lambda-img with its feature `aws`")]
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
    Examine(Box<ExamineError>),
    /// An image that cannot be shown.
    #[error(transparent)]
    Inspect(Box<InspectError>),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.report())
    }
}

impl Error {
    /// Whether the work was stopped by [`Options::interrupted`](super::Options::interrupted).
    pub fn is_interrupted(&self) -> bool {
        interrupted(self)
    }

    /// The error with its causes, for people, on one line or several: each denied finding has a line of its own, with
    /// what to do.
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut said = text.clone();
        let mut cause = self.source();
        while let Some(error) = cause {
            // Some errors say what their cause says.
            let words = error.to_string();
            if !said.contains(&words) {
                let _ = write!(text, ": {words}");
                said = words;
            }
            cause = error.source();
        }
        if let Error::Build(error) = self
            && let BuildError::Denied(checked) = error.root()
        {
            for finding in checked.iter().flat_map(|one| one.report.denied()) {
                let fault = &finding.fault;
                let (id, place) = (finding.check.id, &fault.location);
                let _ = write!(text, "\n{id}: {place}: {}; {}", fault.message, fault.fix);
            }
        }
        text
    }
}

/// Whether an interruption is among the causes: an [`io::Error`] hides what it carries.
fn interrupted(error: &(dyn StdError + 'static)) -> bool {
    if error.is::<Interrupted>() {
        return true;
    }
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(carried) => interrupted(carried),
        None => error.source().is_some_and(interrupted),
    }
}

impl From<ExamineError> for Error {
    fn from(error: ExamineError) -> Self {
        Self::Examine(Box::new(error))
    }
}

impl From<InspectError> for Error {
    fn from(error: InspectError) -> Self {
        Self::Inspect(Box::new(error))
    }
}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::Build(Box::new(error))
    }
}
