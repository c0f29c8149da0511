//! What nobody should be given.

pub mod config;
pub mod files;
