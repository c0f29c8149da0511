//! Paths inside an image.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::path_error::InvalidPath;

/// The most bytes of a path: `PATH_MAX` of Linux, which opens no longer one.
pub const PATH_MAX: usize = 4096;

/// The most components of a path. Each can be a directory with an entry of its own in a layer, so that depth
/// multiplies what a short archive becomes; the deepest trees of `node_modules` have less than 100.
pub const DEPTH_MAX: usize = 256;

/// A path inside an image: relative to its root, `/` between components, normalised.
///
/// No component is empty, `.` or `..`, has a NUL byte or more than 255 bytes, so that joining two
/// never leaves the root. Ordered by bytes, which puts every directory before what it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(Arc<str>);

impl ImagePath {
    /// The path that `text` is, to the letter.
    ///
    /// # Errors
    /// [`InvalidPath`] for an absolute path, one with an empty, `.` or `..` component, a NUL byte,
    /// a component of more than 255 bytes (`NAME_MAX` of Linux), more than [`PATH_MAX`] bytes or
    /// more than [`DEPTH_MAX`] components.
    pub fn new(text: &str) -> Result<Self, InvalidPath> {
        let invalid = |reason| InvalidPath { path: text.to_owned(), reason };
        if text.starts_with('/') {
            return Err(invalid("is an absolute path"));
        }
        extent(text).map_err(invalid)?;
        text.split('/').try_for_each(component).map_err(invalid)?;
        Ok(Self(text.into()))
    }

    /// The path of `name` in `directory`, at the top where there is none.
    ///
    /// # Errors
    /// As [`ImagePath::new`]; `name` is one component.
    pub fn child(directory: Option<&ImagePath>, name: &str) -> Result<Self, InvalidPath> {
        Self::children(directory)(name)
    }

    /// The paths of names in `directory`, as [`ImagePath::child`]: their texts are made in one place.
    pub fn children(directory: Option<&ImagePath>) -> impl FnMut(&str) -> Result<Self, InvalidPath> {
        let mut text = directory.map_or_else(String::new, |directory| [directory.as_str(), "/"].concat());
        let above = text.len();
        move |name| {
            text.truncate(above);
            text.push_str(name);
            let valid = if name.contains('/') { Err("is not a single name") } else { component(name) };
            let valid = valid.and_then(|()| extent(&text));
            valid.map_err(|reason| InvalidPath { path: text.clone(), reason })?;
            Ok(Self(text.as_str().into()))
        }
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

    /// `other` below this directory, which may be longer than a path can be: see [`ImagePath::joined`].
    pub fn join(&self, other: &ImagePath) -> Self {
        Self([self.as_str(), "/", other.as_str()].concat().into())
    }

    /// All `others` below this directory, as [`ImagePath::joined`]: their texts are made in one place.
    pub fn joiner(&self) -> impl FnMut(&ImagePath) -> Result<Self, InvalidPath> {
        let mut text = [self.as_str(), "/"].concat();
        let above = text.len();
        move |other| {
            text.truncate(above);
            text.push_str(other.as_str());
            extent(&text).map_err(|reason| InvalidPath { path: text.clone(), reason })?;
            Ok(Self(text.as_str().into()))
        }
    }

    /// `other` below this directory.
    ///
    /// # Errors
    /// [`InvalidPath`] where that is too long or too deep.
    pub fn joined(&self, other: &ImagePath) -> Result<Self, InvalidPath> {
        let path = self.join(other);
        extent(path.as_str()).map_err(|reason| InvalidPath { path: path.to_string(), reason })?;
        Ok(path)
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

    /// The directories above this path that are not above `before`, the highest first. Of paths in byte order,
    /// where `before` is the one before this: each directory once.
    pub fn ancestors_beyond(&self, before: Option<&ImagePath>) -> impl Iterator<Item = Self> + '_ {
        let bytes = before.map_or(&[][..], |before| before.0.as_bytes());
        let common = self.0.bytes().zip(bytes).take_while(|(own, other)| own == *other).count();
        self.0
            .match_indices('/')
            .filter(move |(at, _)| *at >= common)
            .map(|(at, _)| Self(self.0[..at].into()))
    }

    /// The components, the highest first.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/')
    }

    /// Whether this path is below `directory`.
    pub fn is_below(&self, directory: &ImagePath) -> bool {
        self.0.strip_prefix(directory.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// What remains of this path below `directory`; `None` where it is not below it.
    pub fn below(&self, directory: &ImagePath) -> Option<Self> {
        let rest = self.0.strip_prefix(directory.as_str())?.strip_prefix('/')?;
        Some(Self(rest.into()))
    }
}

/// Judges the length and the depth of a path.
fn extent(path: &str) -> Result<(), &'static str> {
    match path.len() {
        length if length > PATH_MAX => Err("has more than 4096 bytes"),
        // Shorter ones cannot be too deep.
        length if length > DEPTH_MAX && path.split('/').count() > DEPTH_MAX => {
            Err("is more than 256 directories deep")
        }
        _ => Ok(()),
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
    fn what_is_longer_or_deeper_than_linux_opens_is_refused_in_few_words() {
        let deep = |components: usize| vec!["d"; components].join("/");
        assert!(ImagePath::new(&deep(DEPTH_MAX)).is_ok() && ImagePath::new(&deep(DEPTH_MAX + 1)).is_err());
        let parts = |bytes: usize| {
            let mut text = "x".repeat(bytes);
            (0..bytes).skip(200).step_by(200).for_each(|at| text.replace_range(at..=at, "/"));
            text
        };
        assert!(ImagePath::new(&parts(PATH_MAX)).is_ok());
        let error = ImagePath::new(&parts(PATH_MAX + 1)).unwrap_err().to_string();
        assert!(
            error.ends_with("xxx… (4097 bytes)` has more than 4096 bytes") && error.len() < 400,
            "{error}"
        );
        let dir = ImagePath::new(&parts(PATH_MAX - 1)).unwrap();
        assert!(ImagePath::child(Some(&dir), "f").is_err());
        assert!(ImagePath::new("a").unwrap().joined(&dir).is_err());
    }

    #[test]
    fn each_directory_above_sorted_paths_comes_once() {
        let mut paths: Vec<_> = ["a/b/c", "a/b/d", "a-/x", "a/b-/e", "a", "b/c/d", "é/f/g"]
            .map(|text| ImagePath::new(text).unwrap())
            .into();
        paths.sort();
        let mut seen = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| &paths[at]);
            seen.extend(path.ancestors_beyond(before).map(|path| path.to_string()));
        }
        assert_eq!(seen, ["a-", "a", "a/b-", "a/b", "b", "b/c", "é", "é/f"]);
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
