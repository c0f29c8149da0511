//! Paths inside an image.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// A path inside an image: relative to its root, `/` between components, normalised.
///
/// No component is empty, `.` or `..`, has a NUL byte or more than 255 bytes, so that joining two
/// never leaves the root. Ordered by bytes, which puts every directory before what it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(Arc<str>);

/// Why a text is no [`ImagePath`].
#[derive(Debug, thiserror::Error)]
#[error("`{}` {reason}", path.escape_debug())]
pub struct InvalidPath {
    path: String,
    reason: &'static str,
}

impl ImagePath {
    /// The path that `text` is, to the letter.
    ///
    /// # Errors
    /// [`InvalidPath`] for an absolute path, one with an empty, `.` or `..` component, a NUL byte,
    /// or a component of more than 255 bytes (`NAME_MAX` of Linux).
    pub fn new(text: &str) -> Result<Self, InvalidPath> {
        let invalid = |reason| InvalidPath { path: text.to_owned(), reason };
        if text.starts_with('/') {
            return Err(invalid("is an absolute path"));
        }
        text.split('/').try_for_each(component).map_err(invalid)?;
        Ok(Self(text.into()))
    }

    /// The path of `name` in `directory`, at the top where there is none.
    ///
    /// # Errors
    /// As [`ImagePath::new`], of `name` alone, which is one component.
    pub fn child(directory: Option<&ImagePath>, name: &str) -> Result<Self, InvalidPath> {
        let path = match directory {
            Some(directory) => [directory.as_str(), "/", name].concat(),
            None => name.to_owned(),
        };
        let valid = if name.contains('/') { Err("is no single name") } else { component(name) };
        valid.map_err(|reason| InvalidPath { path: path.clone(), reason })?;
        Ok(Self(path.into()))
    }

    /// The path of an absolute path of the image, such as `/var/task/app.py`; a `/` at the end and
    /// doubled ones are dropped. `None` for the root itself.
    ///
    /// # Errors
    /// [`InvalidPath`] where `text` does not begin with `/`, and as [`ImagePath::new`].
    pub fn absolute(text: &str) -> Result<Option<Self>, InvalidPath> {
        if !text.starts_with('/') {
            return Err(InvalidPath { path: text.to_owned(), reason: "is not an absolute path" });
        }
        let parts: Vec<_> = text.split('/').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { Ok(None) } else { Self::new(&parts.join("/")).map(Some) }
    }

    /// The path as text, without a leading `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `other` below this directory.
    pub fn join(&self, other: &ImagePath) -> Self {
        Self([self.as_str(), "/", other.as_str()].concat().into())
    }

    /// The last component.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The directory that holds this path, `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('/').map(|(parent, _)| Self(parent.into()))
    }

    /// Every directory above this path, the highest first.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + '_ {
        self.0.match_indices('/').map(|(at, _)| Self(self.0[..at].into()))
    }

    /// The components, the highest first.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// What remains of this path below `directory`; `None` where it is not below it.
    pub fn below(&self, directory: &ImagePath) -> Option<Self> {
        let rest = self.0.strip_prefix(directory.as_str())?.strip_prefix('/')?;
        Some(Self(rest.into()))
    }
}

/// Judges one component of a path.
fn component(name: &str) -> Result<(), &'static str> {
    match name {
        "" => Err("has an empty component"),
        "." | ".." => Err("has a `.` or `..` component"),
        _ if name.contains('\0') => Err("has a NUL byte"),
        _ if name.len() > 255 => Err("has a name of more than 255 bytes"),
        _ => Ok(()),
    }
}

/// A path orders, compares and hashes as its text.
impl Borrow<str> for ImagePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_leaves_the_root_parses() {
        for wrong in ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\0b", &"x".repeat(256)] {
            assert!(ImagePath::new(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(ImagePath::absolute("//opt//x/").unwrap().unwrap().as_str(), "opt/x");
        assert!(ImagePath::absolute("/").unwrap().is_none());
        assert!(ImagePath::absolute("/a/../b").is_err());
    }

    #[test]
    fn parents_come_before_children_in_byte_order() {
        let path = |text| ImagePath::new(text).unwrap();
        let mut paths = [path("a/b"), path("a-b"), path("a"), path("a/b/c")];
        paths.sort();
        assert_eq!(paths.map(|p| p.to_string()), ["a", "a-b", "a/b", "a/b/c"]);
        let ancestors: Vec<_> = path("a/b/c").ancestors().map(|p| p.to_string()).collect();
        assert_eq!(ancestors, ["a", "a/b"]);
        assert_eq!(path("a/b/c").below(&path("a")).unwrap(), path("b/c"));
        assert!(path("ab/c").below(&path("a")).is_none());
    }
}
