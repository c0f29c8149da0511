//! Where the image is, and what the function is to be.

pub mod host;
pub mod snapstart;
