//! The object of `init`.

use schemars::JsonSchema;
use serde::Serialize;

use super::values::Version;

/// The file that was written, and what is in it.
#[derive(Serialize, JsonSchema)]
pub struct Init<'a> {
    pub version: Version<1>,
    pub file: &'a str,
    #[schemars(length(min = 1))]
    pub functions: Vec<Function<'a>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Function<'a> {
    /// What `lambda-img build` calls it.
    pub name: &'a str,
    /// Lambda's identifier of the runtime.
    pub runtime: &'a str,
    /// What told the language: a file's name.
    pub found: &'a str,
    /// What you must do by hand.
    pub to_do: &'a [String],
}
