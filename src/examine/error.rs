//! Why an image cannot be judged or shown.

use crate::runtime::RuntimeError;
use crate::source::SourceError;
use crate::work::Interrupted;

/// Why an image cannot be read or judged. What is wrong with an image that can be read is a finding instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExamineError {
    /// The image cannot be found, or its bytes cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// There is no such runtime to judge it by.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The user interrupted.
    #[error("{0}")]
    Interrupted(#[from] Interrupted),
}
