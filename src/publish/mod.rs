//! Outputs: where images go. Each is made whole beside its final name, then renamed.

mod archive;
mod commit;
mod error;
mod item;
mod layout;
mod output;
pub mod registry;

pub use commit::{Staged, commit};
pub use error::PublishError;
pub use item::{Item, Wait};
pub use output::{InvalidOutput, Output, check, duplicate};
