//! Functions on paths of a layer. Paths are plain text, because a tar may contain any text.

/// A path of a tar, or an absolute one, without `./` or `/` in front and `/` behind; empty for the root.
pub fn name(path: &str) -> &str {
    let mut name = path;
    while let Some(rest) = name.strip_prefix("./").or_else(|| name.strip_prefix('/')) {
        name = rest;
    }
    let name = name.trim_end_matches('/');
    if name == "." { "" } else { name }
}

/// Directory and last part of a name.
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

/// The directories above `name`, the outermost first.
pub fn ancestors(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/').map(move |(at, _)| &name[..at])
}
