//! The objects that `--json` prints. Each has a file with the name of its command. `docs/schemas` is generated from the
//! types (see `schemas`).
//!
//! A new key is a new field; its doc comment becomes the description in the schema. If a key is removed or changes its
//! meaning, raise the object's [`Version`](values::Version).

pub mod auth_check;
pub mod base;
pub mod build;
pub mod cache;
pub mod check;
pub mod config;
#[cfg(feature = "aws")]
pub mod deploy;
pub mod diff;
pub mod explain;
pub mod finding;
pub mod iam_policy;
#[cfg(feature = "aws")]
pub mod images;
#[cfg(feature = "init")]
pub mod init;
pub mod inspect;
#[cfg(target_os = "linux")]
pub mod invoke;
#[cfg(feature = "aws")]
pub mod prune;
pub mod push;
pub mod pushed;
pub mod rebase;
pub mod registry_cache;
#[cfg(feature = "aws")]
pub mod rollback;
pub mod runtimes;
#[cfg(all(test, feature = "init"))]
mod schemas;
pub mod values;
pub mod verify;
pub mod version;
