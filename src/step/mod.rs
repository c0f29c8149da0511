//! Steps: commands that make parts of a function, each with what it reads. What a step made is a layer, remembered by a
//! key of all that is declared of it: a step whose key is known does not run.
//!
//! ```text
//! Step ─expand→ Expanded ─declared→ Declared (a key) ─┬→ StepRecord, where it is remembered
//!       placeholders     inputs, versions             └→ command runs ─→ files ─→ layer ─→ StepRecord
//! ```
//!
//! This module knows a step, its key, its command and what is remembered of it; [`build`](crate::build) packs its files
//! and keeps the layer.

mod audit;
mod audit_error;
mod command;
mod declared;
mod error;
mod placeholders;
mod record;
mod spec;

pub use self::audit::Audit;
pub use self::audit_error::AuditError;
pub use self::command::{CommandError, Execution, capture, run};
pub use self::declared::{Cause, Declared, LastTime, Reads, declare, inputs, reads};
pub use self::error::StepError;
pub use self::placeholders::{NAMES as PLACEHOLDERS, Target};
pub use self::record::{Entry, EntryKind, StepRecord};
pub use self::spec::{Expanded, Step, check_names};
