//! What to do about an error: the line `hint:`. One file for each kind of error of the library; which of them is asked
//! is decided in `render`.

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
