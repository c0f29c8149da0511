//! Checks of the registry of an image, and of the function that uses it.

pub mod host;
pub mod snapstart;
