//! The runtime and its base.

pub mod base;
pub mod support;
