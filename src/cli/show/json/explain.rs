//! The object of `explain`.

use lambda_img::check;
use schemars::JsonSchema;
use serde::Serialize;

use super::values::{Version, words_of_checks};

/// Checks: one, or all.
#[derive(Serialize, JsonSchema)]
pub struct Explain {
    version: Version<1>,
    #[schemars(length(min = 1))]
    checks: Vec<Check>,
}

#[derive(Serialize, JsonSchema)]
struct Check {
    #[schemars(regex(pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"))]
    id: &'static str,
    #[schemars(extend("enum" = words_of_checks(|check| check.group.to_string())))]
    group: String,
    #[schemars(extend("enum" = words_of_checks(|check| check.level.to_string())))]
    level: String,
    /// AWS's documentation; AWS's source or a specification; a third party; an inference.
    #[schemars(extend("enum" = words_of_checks(|check| check.evidence.to_string())))]
    grade: String,
    /// What AWS says of such an image, where a text is known.
    says: Option<&'static str>,
    /// The page, in Markdown.
    #[schemars(length(min = 1))]
    page: &'static str,
}

impl Explain {
    pub fn of(checks: &[&check::Check]) -> Self {
        Self { version: Version, checks: checks.iter().map(|check| Check::from(*check)).collect() }
    }
}

impl From<&check::Check> for Check {
    fn from(check: &check::Check) -> Self {
        Self {
            id: check.id,
            group: check.group.to_string(),
            level: check.level.to_string(),
            grade: check.evidence.to_string(),
            says: check.aws_error,
            page: check.page,
        }
    }
}
