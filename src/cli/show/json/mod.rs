//! The objects that `--json` prints, a file each, called like its command. Their types are their schemas, too:
//! `docs/schemas` is generated from them (see `schemas`).
//!
//! A new key is a new field, documented: the comment is what the schema tells of it. A key that goes away or comes to
//! mean something else raises the object's [`Version`](values::Version).

pub mod auth_check;
pub mod base;
pub mod build;
pub mod cache;
pub mod check;
pub mod config;
pub mod diff;
pub mod explain;
pub mod finding;
pub mod iam_policy;
#[cfg(feature = "init")]
pub mod init;
pub mod inspect;
pub mod invoke;
pub mod push;
pub mod pushed;
pub mod runtimes;
#[cfg(all(test, feature = "init"))]
mod schemas;
pub mod values;
pub mod version;
