//! Environment variables that stand for options.

use std::env;
use std::ffi::OsString;

use lambda_img::epoch::Epoch;

use crate::cli::show::error::CliError;

/// The value of a variable, if it is set and not empty.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// `SOURCE_DATE_EPOCH`, else the default.
pub fn epoch() -> Result<Epoch, CliError> {
    Ok(match variable("SOURCE_DATE_EPOCH") {
        Some(text) => text.to_string_lossy().parse().map_err(CliError::Epoch)?,
        None => Epoch::default(),
    })
}
