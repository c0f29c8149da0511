//! The exit code of each error (docs/reference/exit-codes.md).

use std::process::ExitCode;

use lambda_img::build::BuildError;
use lambda_img::inspect::InspectError;
use lambda_img::rebase::RebaseError;
use lambda_img::source::pins::LockError;
use lambda_img::work::Interrupted;

use super::cause::cause;
use super::error::CliError;

/// What was asked for could not be done.
const FAILED: u8 = 1;
/// What was asked for is wrong.
pub const USAGE: u8 = 2;
const DENIED: u8 = 3;
/// A fault of the program.
pub const INTERNAL: u8 = 70;
/// The user did not wait for the end.
pub const INTERRUPTED: u8 = 130;

impl CliError {
    /// The code to exit with.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }

    /// Whether the user wanted it to end.
    #[cfg(feature = "aws")]
    pub fn is_interrupt(&self) -> bool {
        self.code() == INTERRUPTED
    }

    /// The same as a number.
    pub fn code(&self) -> u8 {
        match self {
            CliError::Fleet { code, .. } => *code,
            #[cfg(feature = "aws")]
            CliError::NotDeployed { code, .. } => *code,
            error if cause::<Interrupted>(error).is_some() => INTERRUPTED,
            CliError::Build(error) | CliError::Push(error) => match *error.root() {
                BuildError::Denied(_) => DENIED,
                BuildError::Target(_) | BuildError::Value(_) => USAGE,
                BuildError::Runtime(_) | BuildError::NoRuntime => USAGE,
                _ => FAILED,
            },
            CliError::Lock(LockError::File(_)) => FAILED,
            CliError::Usage { .. } | CliError::Epoch(_) | CliError::NoRuntime | CliError::Lock(_) => USAGE,
            CliError::Denied { .. } => DENIED,
            CliError::NotRebased { refused, failed: 0, .. } if *refused > 0 => DENIED,
            CliError::Rebase(error) if matches!(**error, RebaseError::Runtime(_)) => USAGE,
            CliError::Check(_) | CliError::Inspect(InspectError::NoLayer { .. }) => USAGE,
            _ => FAILED,
        }
    }
}
