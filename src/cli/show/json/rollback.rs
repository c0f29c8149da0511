//! The object of `rollback`.

use schemars::JsonSchema;
use serde::Serialize;

use super::values::Version;

/// Which aliases moved: several where a function is in several Regions or accounts.
#[derive(Serialize, JsonSchema)]
pub struct Rollback<'a> {
    pub version: Version<1>,
    pub functions: Vec<Moved<'a>>,
}

/// From which version to which an alias moved.
#[derive(Serialize, JsonSchema)]
pub struct Moved<'a> {
    /// The name of the Lambda function.
    pub function: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub alias: &'a str,
    pub from: String,
    pub to: String,
    /// Whether the alias was moved: not with `--plan`.
    pub moved: bool,
}
