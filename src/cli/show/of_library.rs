//! Which errors of the library become which of a command.

use lambda_img::build::BuildError;
use lambda_img::examine::ExamineError;
use lambda_img::inspect::InspectError;
#[cfg(target_os = "linux")]
use lambda_img::invoke::InvokeError;
use lambda_img::rebase::RebaseError;
use lambda_img::runtime::RuntimeError;
use lambda_img::verify::VerifyError;

use super::error::CliError;

impl CliError {
    /// An error about an image that is shown.
    pub fn of_inspection(error: InspectError) -> Self {
        match error {
            InspectError::Examine(error) => CliError::of_image(error),
            other => CliError::Inspect(other),
        }
    }

    /// An error about an image that is not a base.
    pub fn of_image(error: ExamineError) -> Self {
        match CliError::from(BuildError::from(error)) {
            CliError::Build(error) => CliError::Push(error),
            other => other,
        }
    }
}

impl From<BuildError> for CliError {
    fn from(error: BuildError) -> Self {
        CliError::Build(Box::new(error))
    }
}

#[cfg(target_os = "linux")]
impl From<InvokeError> for CliError {
    fn from(error: InvokeError) -> Self {
        match error {
            InvokeError::Interrupted(interrupted) => BuildError::from(interrupted).into(),
            error => CliError::Invoke(Box::new(error)),
        }
    }
}

impl From<RebaseError> for CliError {
    fn from(error: RebaseError) -> Self {
        CliError::Rebase(Box::new(error))
    }
}

impl From<RuntimeError> for CliError {
    fn from(error: RuntimeError) -> Self {
        BuildError::Runtime(error).into()
    }
}

impl From<VerifyError> for CliError {
    fn from(error: VerifyError) -> Self {
        CliError::Verify(Box::new(error))
    }
}
