//! The same layers on another base: what a build of the same source on that base would give, without the source.
//!
//! ```text
//! image → old base, new base → files and symbols of all → three-way merge, proofs → plan → (push)
//! ```
//!
//! A plan is decided from what is stored, and publishes nothing. A caller publishes its image with
//! [`crate::publish::registry::push`], unless [`Rebased::is_refused`].

mod answers;
mod base;
mod bases;
mod changes;
mod config;
mod error;
mod files;
mod identity;
mod plan;
mod proof;
mod prove;
mod trees;
mod wanted;

pub use answers::{Answer, compare};
pub use changes::{Changes, PackageChange};
pub use error::RebaseError;
pub use files::BaseFiles;
pub use plan::{Plan, PlannedBase, Rebased, plan};
pub use proof::{Finding, Obligation, Verdict};
pub use wanted::Wanted;
