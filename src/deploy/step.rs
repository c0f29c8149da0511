//! `Step`: what a deployment has done, and what stands if a later step fails.

use std::fmt;

/// A step that is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The function is created, and has the image.
    Created,
    /// The function has the image.
    Updated,
    /// A version is published.
    Published(String),
    /// A version answered the event.
    Answered(String),
    /// The alias sends a part of the invocations, from 0 to 1, to a version.
    Split {
        /// The alias.
        alias: String,
        /// The version.
        version: String,
        /// The part.
        weight: f64,
    },
    /// The alias names a version, and no other.
    Moved {
        /// The alias.
        alias: String,
        /// The version.
        version: String,
    },
    /// The image has a tag.
    Tagged(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("the function is created with the image"),
            Self::Updated => f.write_str("the function has the image"),
            Self::Published(version) => write!(f, "version {version} is published"),
            Self::Answered(version) => write!(f, "version {version} answered the event"),
            Self::Split { alias, version, weight } => {
                write!(
                    f,
                    "alias `{alias}` sends {} % of the invocations to version {version}",
                    weight * 100.0
                )
            }
            Self::Moved { alias, version } => write!(f, "alias `{alias}` names version {version}"),
            Self::Tagged(tag) => write!(f, "tag `{tag}` names the image"),
        }
    }
}
