//! What to do about errors: one file for each kind of them.

mod build;
mod login;
mod network;
mod publish;
mod registry;
mod source;

pub use build::{DENIED, build, handler, pre_build};
pub use login::login;
pub use registry::{COMMAND_LINE, checked};
pub use source::{CACHE, inspection};
