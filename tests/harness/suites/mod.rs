//! What the tests of one suite share, whichever binary they are in.

pub mod added;
pub mod bad_input;
pub mod bad_output;
pub mod bad_output_garbage;
pub mod bad_output_layouts;
pub mod bad_output_leftovers;
pub mod bytes;
pub mod check;
pub mod fleet;
pub mod layers;
pub mod projects;
pub mod pull_kills;
pub mod push;
pub mod rebuild;
pub mod rebuild_trust;
pub mod registry;
pub mod settings;
pub mod settings_checked;
pub mod settings_samples;
pub mod steps;
pub mod templates;
