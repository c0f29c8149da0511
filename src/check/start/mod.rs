//! Checks of what the image starts: entry point, handler, runtime interface client.

pub mod client;
pub mod handler;
pub mod handler_count;
pub mod link;
pub mod nodejs;
pub mod program;
pub mod programs;

pub use programs::machine;
