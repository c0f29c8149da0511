//! A policy of AWS IAM (IAM user guide, "JSON policy element reference"): in the object of `auth check`.

use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct IamPolicy {
    pub version: &'static str,
    pub statement: Vec<Statement>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    pub effect: &'static str,
    pub action: Actions,
    pub resource: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Actions {
    One(&'static str),
    Several(Vec<&'static str>),
}
