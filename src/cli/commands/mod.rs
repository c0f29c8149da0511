//! The commands: each file has the arguments of one command and what it does.

pub mod auth;
pub mod base;
pub mod build;
pub mod cache;
pub mod check;
pub mod command_line;
pub mod complete;
pub mod completions;
pub mod config;
pub mod diff;
pub mod examples;
pub mod explain;
pub mod help;
#[cfg(feature = "init")]
pub mod init;
pub mod inspect;
#[cfg(target_os = "linux")]
pub mod invoke;
pub mod login;
pub mod man;
pub mod option_examples;
pub mod push;
pub mod rebase;
pub mod runtimes;
pub mod sbom;
pub mod version;
