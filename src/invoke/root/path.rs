//! Paths of a layer.

use std::collections::BTreeSet;

/// Whether `path` or something below it is of this layer.
pub fn is_made(made: &BTreeSet<String>, path: &str) -> bool {
    let below = format!("{path}/");
    made.contains(path) || made.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
}

/// A path without `.`, double slashes and a slash at its ends; `None` where it has a `..`.
pub fn normal(path: &str) -> Option<String> {
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}
