//! `Check`: the definition of one check, with its group, level and evidence.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::subject::Subject;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// It may be wrong: one report, or an inference.
    Warn,
    /// It is wrong: AWS documents it, or a source that AWS owns shows it. Nothing is published.
    Deny,
}

/// The evidence for a check, which decides its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// AWS documentation or API model.
    A,
    /// A file in a repository that AWS owns, or a specification that the image breaks.
    B,
    /// A third party's repository, issue or article.
    C,
    /// An inference.
    I,
}

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Manifest and configuration.
    Image,
    /// The tars of the layers.
    Layers,
    /// What is started.
    Start,
    /// The files of the image.
    Files,
    /// Credentials and keys.
    Secrets,
    /// The runtime and its base.
    Runtime,
    /// Where the image is.
    Deploy,
}

/// One check. Its page in `docs/checks` says the same and more.
pub struct Check {
    /// Its name: words of lower case and hyphens.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// How bad its findings are.
    pub level: Level,
    /// The evidence for it.
    pub evidence: Evidence,
    /// AWS's exact error message for such an image, if it is known.
    pub aws_error: Option<&'static str>,
    /// Its page.
    pub page: &'static str,
    /// Finds faults.
    pub run: fn(&Subject<'_>) -> Vec<Fault>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Warn => "warn",
            Level::Deny => "deny",
        })
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
