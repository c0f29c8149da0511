//! Manifest and configuration.

pub mod index;
