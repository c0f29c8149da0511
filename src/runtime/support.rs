//! How long AWS supports a runtime, and what that means on a given day.

use std::fmt;

use serde::Deserialize;

use super::read;
use crate::date::Date;

/// The dates of a runtime's life (AWS Lambda developer guide, runtime deprecation policy).
///
/// AWS blocks functions made from .zip archives only: images of a blocked runtime can still be created
/// and updated, so a date here is a reason for a warning and never for a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// The day up to which the dates are known to be AWS's; AWS moves them. The last day of the month
    /// where the sources say no more than the month.
    #[serde(deserialize_with = "read::day")]
    pub as_of: Date,
    /// The first day without support; `None` while AWS has set none.
    #[serde(default, deserialize_with = "read::date")]
    pub deprecated: Option<Date>,
    /// From this day on no .zip function can be created; `None` where unknown or never.
    #[serde(default, deserialize_with = "read::date")]
    pub block_create: Option<Date>,
    /// From this day on no .zip function can be updated; `None` where unknown or never.
    #[serde(default, deserialize_with = "read::date")]
    pub block_update: Option<Date>,
    /// What sets the runtime apart.
    pub note: Option<Note>,
    /// The runtime to use instead; `None` for the newest of its language.
    pub successor: Option<String>,
}

/// What sets a runtime apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// A public preview, which AWS does not guarantee anything about.
    Preview,
    /// A base image only: the Lambda API has no such runtime.
    ContainerOnly,
}

/// Where a runtime stands in its life on one day. Its `Display` is the sentence for users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The part of its life.
    pub phase: Phase,
    /// Whether it exists as a base image only.
    pub container_only: bool,
}

/// A part of a runtime's life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Offered without any promise.
    Preview,
    /// Patched by AWS.
    Supported {
        /// The day on which it ends, where AWS has set one.
        until: Option<Date>,
    },
    /// No longer patched by AWS.
    Deprecated {
        /// The first day without support.
        since: Date,
        /// The runtime to use instead.
        successor: Option<String>,
    },
}

impl Support {
    /// The status on the day `today`; the day of deprecation is itself without support.
    pub fn status(&self, today: Date) -> Status {
        let phase = match self.deprecated {
            Some(since) if since <= today => Phase::Deprecated { since, successor: self.successor.clone() },
            None if self.note == Some(Note::Preview) => Phase::Preview,
            until => Phase::Supported { until },
        };
        Status { phase, container_only: self.note == Some(Note::ContainerOnly) }
    }
}

impl Note {
    /// The word of the files and of JSON: `preview` or `container-only`.
    pub fn as_str(self) -> &'static str {
        match self {
            Note::Preview => "preview",
            Note::ContainerOnly => "container-only",
        }
    }
}

impl Phase {
    /// One word for programs: `preview`, `supported` or `deprecated`.
    pub fn word(&self) -> &'static str {
        match self {
            Phase::Preview => "preview",
            Phase::Supported { .. } => "supported",
            Phase::Deprecated { .. } => "deprecated",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.phase.word())?;
        match &self.phase {
            Phase::Preview | Phase::Supported { until: None } => {}
            Phase::Supported { until: Some(until) } => write!(f, " until {until}")?,
            Phase::Deprecated { since, successor } => {
                write!(f, " since {since}")?;
                if let Some(successor) = successor {
                    write!(f, ", use {successor}")?;
                }
            }
        }
        f.write_str(if self.container_only { ", image only" } else { "" })
    }
}
