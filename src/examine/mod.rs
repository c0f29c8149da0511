//! Reads and checks images of any tool.

pub(crate) mod claims;
mod error;
pub(crate) mod previous_layer;
pub(crate) mod read;
pub(crate) mod surveys;
pub(crate) mod verdict;

pub use error::ExamineError;
pub(crate) use read::read_image;
pub use verdict::{CheckOptions, Checked, check};
