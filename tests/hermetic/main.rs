//! What needs no client: Rust, the tool, an emulated registry, and what a bare Linux or macOS has.

#[path = "../harness/mod.rs"]
mod harness;

mod added;
mod architecture;
mod attest;
mod bad_base;
mod bad_input;
mod bad_output;
mod base_copies;
mod base_start;
mod bytes;
mod citations;
#[cfg(feature = "aws")]
mod deploy;
mod diff;
mod faults;
mod features;
mod fleet;
mod goldens;
#[cfg(feature = "aws")]
mod images;
mod layers;
mod library;
mod messages;
mod pins;
mod projects;
mod prune;
mod pull;
mod rebase;
mod rebuild;
mod registry;
mod registry_cache;
mod registry_cache_prune;
mod runtimes;
mod sbom;
mod settings;
mod steps;
mod verify;
