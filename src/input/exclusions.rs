//! The patterns of files that are left out of an image.

use std::path::PathBuf;

use super::ignore::IgnoreRules;
use super::ignore_error::IgnoreError;
use super::ignore_file;
use crate::tree::ImagePath;

/// What stays out of an image, besides `.git`, the ignore file itself, and what builds work in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exclusions {
    /// Patterns of `--exclude`, taken after those of the ignore file.
    pub globs: Vec<String>,
    /// Paths of the host that this build writes, which need not exist yet; directories that hold nothing else
    /// stay out with them.
    pub outputs: Vec<PathBuf>,
    /// Whether the input's `.lambdaignore`, or else `.dockerignore`, is in force.
    pub ignore_file: bool,
    /// Whether a directory's editor settings, virtual environments, caches, images of builds and the like stay out too,
    /// unless a `!` brings them back. A zip is taken as it is.
    pub tools: bool,
}

impl Exclusions {
    /// The rules of an ignore file (text and origin), if there is one, and of `--exclude`.
    pub(super) fn rules(&self, ignore_file: Option<(String, String)>) -> Result<IgnoreRules, IgnoreError> {
        let mut rules = match ignore_file {
            Some((text, origin)) => IgnoreRules::parse(&text, &origin)?,
            None => IgnoreRules::default(),
        };
        rules.extend(&self.globs)?;
        Ok(rules)
    }
}

/// Whether the entry `name` of the directory `above`, which is not hidden itself, is never taken.
pub(super) fn is_hidden_in(above: Option<&ImagePath>, name: &str) -> bool {
    name == ".git" || above.is_none() && ignore_file::NAMES.contains(&name)
}

/// Whether a path is never taken: a `.git` at any depth, and the ignore files at the top.
pub(super) fn is_hidden(path: &ImagePath) -> bool {
    path.components().any(|name| name == ".git") || ignore_file::NAMES.contains(&path.as_str())
}
