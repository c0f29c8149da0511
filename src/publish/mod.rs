//! Writes images to outputs and to registries. An output is made completely under a temporary name, and then renamed.
//! To add a kind of output, add a variant of [`Output`], an arm of each `match` in `output`, and a variant of
//! [`Scheme`](crate::scheme::Scheme).

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
