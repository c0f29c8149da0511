//! What is started.

pub mod client;
pub mod count;
pub mod handler;
pub mod link;
pub mod nodejs;
pub mod program;
pub mod programs;

pub use programs::machine;
