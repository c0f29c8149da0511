//! What to do about an error: the line `hint:`. One file for each kind of error of the library, and `command` for those
//! of the command line, which chooses. The hints of wrong options and settings are in `show::usage`, with the errors.

mod build;
mod command;
#[cfg(feature = "aws")]
mod deploy;
#[cfg(target_os = "linux")]
mod invoke;
mod login;
mod network;
mod publish;
#[cfg(feature = "aws")]
mod reason_code;
mod rebase;
mod registry;
mod source;

pub use command::command;
pub use registry::{COMMAND_LINE, cache_denied};
