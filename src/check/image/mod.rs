//! Manifest and configuration.

pub mod digests;
pub mod documents;
pub mod history;
pub mod index;
pub mod layer_types;
pub mod media_types;
pub mod platform;
pub mod settings;
pub mod sizes;
