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
#[cfg(feature = "aws")]
pub mod deploy;
pub mod diff;
pub mod examples;
pub mod explain;
pub mod help;
#[cfg(feature = "init")]
pub mod init;
pub mod inspect;
pub mod login;
pub mod man;
pub mod option_examples;
pub mod push;
#[cfg(feature = "aws")]
pub mod rollback;
pub mod runtimes;
pub mod version;
