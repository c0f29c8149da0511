//! The probes: one file each, and one line in [`ALL`].

pub mod content;
mod text;

use super::Probe;

/// The number of what the probes see. It changes with every change of a probe or fact, so that facts
/// which were kept are found anew.
pub const VERSION: u32 = 1;

/// Every probe that checks need.
pub const ALL: &[&dyn Probe] = &[&text::Text];
