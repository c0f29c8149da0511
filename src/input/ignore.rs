//! Docker's rules of `.dockerignore`: which paths of an input are left out of the image.
//!
//! Patterns are anchored at the root, and the last pattern that matches a path decides. A pattern that matches a
//! directory also matches everything below it, but a later `!` can keep single entries. These are the rules of moby's
//! `patternmatcher`, with the state that it passes from a directory to its entries. `tests` has cases whose results
//! come from `docker build`.
//!
//! There are two differences to moby, both as Docker documents them. Escapes and classes mean what they mean to Go's
//! `filepath.Match`, even where moby's translation to a regular expression changes them (`\d`, `[*]`, `^`). An entry
//! that `!**/name` keeps is found below an excluded directory too, as in BuildKit; the classic builder does not find
//! it.

use super::pattern::Pattern;
use crate::tree::ImagePath;

/// Ordered patterns, of an ignore file and of `--exclude`.
#[derive(Clone, Debug, Default)]
pub struct IgnoreRules {
    patterns: Vec<Pattern>,
    /// How many of them are of the ignore file: those of `--exclude` follow.
    of_file: usize,
}

/// An invalid pattern.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: pattern `{pattern}` {reason}")]
pub struct IgnoreError {
    origin: String,
    pattern: String,
    reason: &'static str,
}

/// What the rules say about one directory: handed on to the entries in it.
#[derive(Clone, Debug)]
pub struct Verdict {
    matched: Box<[bool]>,
    excluded: bool,
    /// Whether the path, or a directory above it, is left out where no pattern says anything.
    by_default: bool,
}

impl Verdict {
    /// Whether the path stays out.
    pub fn excluded(&self) -> bool {
        self.excluded
    }
}

impl IgnoreRules {
    /// The rules of an ignore file's `text`; `origin` names the file in messages.
    ///
    /// # Errors
    /// [`IgnoreError`] for the first illegal pattern, with its line.
    pub fn parse(text: &str, origin: &str) -> Result<Self, IgnoreError> {
        let mut rules = Self::default();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.split('\n').enumerate() {
            // Only in the first column: ` #a` is a pattern.
            if !line.starts_with('#') {
                rules.push(line, || format!("`{origin}` line {}", at + 1))?;
            }
        }
        rules.of_file = rules.patterns.len();
        Ok(rules)
    }

    /// Adds exclusions, after those that are there: they have the last word.
    ///
    /// # Errors
    /// [`IgnoreError`] for the first illegal pattern.
    pub fn extend<S: AsRef<str>>(&mut self, globs: impl IntoIterator<Item = S>) -> Result<(), IgnoreError> {
        globs.into_iter().try_for_each(|glob| self.push(glob.as_ref(), || "exclusion".to_owned()))
    }

    fn push(&mut self, line: &str, origin: impl Fn() -> String) -> Result<(), IgnoreError> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(());
        }
        let wrong = |reason| IgnoreError { origin: origin(), pattern: line.to_owned(), reason };
        self.patterns.push(Pattern::new(line).map_err(wrong)?);
        Ok(())
    }

    /// Whether `path` stays out of the image.
    pub fn excludes(&self, path: &ImagePath) -> bool {
        if self.patterns.is_empty() {
            return false;
        }
        let above = path
            .ancestors()
            .fold(None, |above, directory| Some(self.verdict(above.as_ref(), directory.as_str())));
        self.verdict(above.as_ref(), path.as_str()).excluded
    }

    /// What the rules say about `path`, given what they say about the directory it is in; `None` at
    /// the top.
    pub fn verdict(&self, above: Option<&Verdict>, path: &str) -> Verdict {
        self.verdict_on(above, path, false)
    }

    /// The same, of a path that stays out `by_default`: as if a pattern before all others named it.
    pub fn verdict_on(&self, above: Option<&Verdict>, path: &str, by_default: bool) -> Verdict {
        let by_default = by_default || above.is_some_and(|above| above.by_default);
        let mut excluded = by_default;
        let matched = self.patterns.iter().enumerate().map(|(at, pattern)| {
            let inherited = above.is_some_and(|above| above.matched[at]);
            // In a file, a pattern that would change nothing is not tried, as in moby: what it would
            // have matched is not handed down, and `d`, `!d/a`, `d` takes `d/a`.
            let tried = at >= self.of_file || pattern.negated == excluded;
            let matched = inherited || tried && pattern.matches(path);
            if matched {
                excluded = !pattern.negated;
            }
            matched
        });
        let matched = matched.collect();
        Verdict { matched, excluded, by_default }
    }

    /// Whether a pattern leaves `path` out.
    pub fn names(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| !pattern.negated && pattern.matches(path))
    }

    /// Whether a `!` could bring back anything below the excluded `directory`; where not, a walk need
    /// not enter it.
    pub fn may_return_below(&self, directory: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.negated && pattern.may_match_below(directory))
    }
}

/// The rules over paths in byte order: what they say about a directory is worked out once.
pub(super) struct Descent<'a> {
    rules: &'a IgnoreRules,
    before: Option<ImagePath>,
    /// What they say about the directories above that path, the highest first.
    above: Vec<(ImagePath, Verdict)>,
}

impl<'a> Descent<'a> {
    pub(super) fn new(rules: &'a IgnoreRules) -> Self {
        Self { rules, before: None, above: Vec::new() }
    }

    /// The directories above `path` that were not above any path before it and stay in the image, the highest
    /// first, and whether `path` itself stays out.
    pub(super) fn verdict(&mut self, path: &ImagePath) -> (Vec<ImagePath>, bool) {
        let kept = self.above.partition_point(|(directory, _)| path.is_below(directory));
        self.above.truncate(kept);
        let mut directories = Vec::new();
        for directory in path.ancestors_beyond(self.before.as_ref()) {
            let verdict =
                self.rules.verdict(self.above.last().map(|(_, verdict)| verdict), directory.as_str());
            if !verdict.excluded() {
                directories.push(directory.clone());
            }
            self.above.push((directory, verdict));
        }
        self.before = Some(path.clone());
        let above = self.above.last().map(|(_, verdict)| verdict);
        (directories, self.rules.verdict(above, path.as_str()).excluded())
    }
}

#[cfg(test)]
mod tests;
