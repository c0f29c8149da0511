//! Credentials and keys.

pub mod config;
pub mod files;
