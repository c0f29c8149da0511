//! Building functions: one alone, or many at once.

pub mod changed;
pub mod ci_outputs;
pub mod conflicts;
pub mod contexts;
pub mod destination;
pub mod earlier_files;
pub mod git;
pub mod inputs;
pub mod many;
pub mod one;
pub mod pre_builds;
pub mod results;
pub mod round;
pub mod select;
pub mod step_inputs;
mod steps;
pub mod summary;
