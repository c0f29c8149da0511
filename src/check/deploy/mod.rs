//! Checks of the place of the image, and of the function that it is for.

pub mod host;
pub mod snapstart;
