//! The object of `config`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::values::Version;

#[derive(Serialize, JsonSchema)]
pub struct Config<'a> {
    pub version: Version<1>,
    /// The lambda-img.toml, as it is called from the current directory.
    pub file: Option<&'a str>,
    pub functions: Vec<Function<'a>>,
    /// By host, what [registries] says.
    pub registries: BTreeMap<&'a str, BTreeMap<&'a str, Registry<'a>>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Function<'a> {
    /// The function's; null for a path.
    pub name: Option<&'a str>,
    /// Every key of lambda-img.schema.json.
    pub settings: BTreeMap<&'a str, Setting<'a>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Setting<'a> {
    /// As lambda-img.toml would have it; null where nothing is set.
    pub value: Value,
    /// Of the whole.
    pub origin: Origin<'a>,
    /// Of each element or pair.
    pub origins: Vec<Origin<'a>>,
}

#[derive(Serialize, JsonSchema)]
pub struct Registry<'a> {
    pub value: &'a str,
    pub origin: Origin<'a>,
}

/// Where a value is from.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "layer", rename_all = "lowercase")]
pub enum Origin<'a> {
    Default,
    File {
        file: &'a str,
        #[schemars(range(min = 1))]
        line: usize,
        /// The table: functions.api.
        section: &'a str,
    },
    Environment {
        variable: &'a str,
    },
    #[serde(rename = "command line")]
    CommandLine,
}
