//! What needs other people's programs: engines, registries, package managers, shells, validators.

#[path = "../harness/mod.rs"]
mod harness;

mod added;
mod bad_input;
mod bad_output;
mod bytes;
mod check;
mod check_content;
mod deploy;
mod diff;
mod docs;
#[cfg(feature = "aws")]
mod ecr;
mod embedded;
mod examples;
mod fleet;
mod init;
mod inspect;
mod invoke;
mod json;
mod layers;
mod library;
mod local_invoke;
mod outputs;
mod page;
mod pins;
mod projects;
mod pull;
mod push;
mod readme;
mod rebase;
mod rebuild;
mod registry;
mod sbom;
mod settings;
mod steps;
