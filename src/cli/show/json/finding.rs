//! A finding of a check: in the objects of `check` and of `build`.

use lambda_img::check::{self, Fault, Location};
use schemars::JsonSchema;
use serde::Serialize;

use super::values::words_of_checks;

#[derive(Serialize, JsonSchema)]
pub struct Finding<'a> {
    /// The check: `lambda-img explain ID` prints its page.
    #[schemars(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    id: &'static str,
    #[schemars(extend("enum" = words_of_checks(|check| check.group.to_string())))]
    group: String,
    #[schemars(extend("enum" = words_of_checks(|check| check.level.to_string())))]
    level: String,
    /// AWS's documentation; AWS's source or a specification; a third party; an inference.
    #[schemars(extend("enum" = words_of_checks(|check| check.evidence.to_string())))]
    grade: String,
    allowed: bool,
    /// What is faulty, for people.
    subject: String,
    /// From 0, the lowest.
    layer: Option<usize>,
    #[schemars(regex(pattern = "^/"))]
    path: Option<String>,
    #[schemars(length(min = 1))]
    message: &'a str,
    /// What AWS says of such an image.
    says: Option<&'static str>,
    #[schemars(length(min = 1))]
    fix: &'a str,
}

impl<'a> Finding<'a> {
    pub fn all(findings: impl IntoIterator<Item = &'a check::Finding>) -> Vec<Self> {
        findings.into_iter().map(Self::from).collect()
    }
}

impl<'a> From<&'a check::Finding> for Finding<'a> {
    fn from(finding: &'a check::Finding) -> Self {
        let check::Finding { check, level, allowed, fault } = finding;
        let Fault { location, message, fix } = fault;
        let (layer, path) = match location {
            Location::Layer(layer) => (Some(*layer), None),
            Location::Path(layer, path) => (Some(*layer), Some(format!("/{path}"))),
            _ => (None, None),
        };
        Self {
            id: check.id,
            group: check.group.to_string(),
            level: level.to_string(),
            grade: check.evidence.to_string(),
            allowed: *allowed,
            subject: location.to_string(),
            layer,
            path,
            message,
            says: check.aws_error,
            fix,
        }
    }
}
