//! Errors in the command line, the environment and `lambda-img.toml`: one function for each, with the message first and
//! then the hint. No other file makes such an error (`tests/hermetic/messages`).

pub mod commands;
#[cfg(feature = "aws")]
pub mod deploy;
pub mod file;
pub mod fleet;
#[cfg(target_os = "linux")]
pub mod invoke;
pub mod options;
pub mod settings;
pub mod signing;
pub mod trust;

use super::error::CliError;

fn usage(error: impl Into<String>, hint: impl Into<String>) -> CliError {
    CliError::Usage { error: error.into(), hint: hint.into() }
}
