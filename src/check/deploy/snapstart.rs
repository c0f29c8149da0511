//! Check: SnapStart needs a label on most bases.

use crate::check::{Check, Evidence, Fault, Group, Level, Location, Subject};
use crate::runtime::{Family, RuntimeProfile};

/// SnapStart of images needs a label on all bases but some (docs, "snapstart-runtime-hooks-custom").
pub const CHECK: Check = Check {
    id: "snapstart-label",
    group: Group::Deploy,
    level: Level::Deny,
    evidence: Evidence::A,
    aws_error: None,
    page: page!("snapstart-label"),
    run,
};

/// The label.
const LABEL: &str = "com.amazonaws.lambda.feature.snapstart";

fn run(subject: &Subject<'_>) -> Vec<Fault> {
    let has = subject.settings()["Labels"][LABEL] == "Allow";
    if !subject.expectations.snapstart || has || subject.view.profile.as_ref().is_some_and(has_snapstart) {
        return Vec::new();
    }
    let message = format!("SnapStart needs the label `{LABEL}=Allow` on this base");
    vec![Fault::new(
        Location::Config("config.Labels".into()),
        message,
        format!("build with the label `{LABEL}=Allow`"),
    )]
}

/// Java 11 and later, Python 3.12 and later, .NET 8 and later.
fn has_snapstart(profile: &RuntimeProfile) -> bool {
    let digits = profile.id.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut numbers = digits.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match profile.family {
        Family::Java => version.0 >= 11,
        Family::Python => version >= (3, 12),
        Family::Dotnet => version.0 >= 8,
        _ => false,
    }
}
