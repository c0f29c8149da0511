//! The description of an alias, in which a deployment notes the version before.

/// What begins a description of ours.
const OURS: &str = "lambda-img: ";
/// The same where the version before follows.
const BEFORE: &str = "lambda-img: previous version ";

/// The description of an alias that moves away from `version`: another tool's text stays.
pub(super) fn moved(description: &str, version: &str) -> String {
    replaced(description, &format!("{BEFORE}{version}"))
}

/// The same where it moves back from `version`.
pub(super) fn moved_back(description: &str, version: &str) -> String {
    replaced(description, &format!("{OURS}rolled back from version {version}"))
}

/// The version before, where a deployment noted it.
pub(super) fn noted(description: &str) -> Option<&str> {
    description.strip_prefix(BEFORE)
}

fn replaced(description: &str, ours: &str) -> String {
    let is_ours = description.is_empty() || description.starts_with(OURS);
    if is_ours { ours.to_owned() } else { description.to_owned() }
}
