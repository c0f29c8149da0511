//! What needs other people's programs: engines, registries, package managers, shells, validators.

#[path = "../harness/mod.rs"]
mod harness;

mod check;
mod deploy;
mod docs;
#[cfg(feature = "aws")]
mod ecr;
mod embedded;
mod examples;
mod invoke;
mod json;
mod library;
mod outputs;
mod push;
mod readme;
