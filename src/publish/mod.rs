//! Writes images to outputs, each of which is made whole beside its final name and then renamed, and to registries. A
//! new kind of output is a variant of [`Output`], an arm of each `match` in `output`, and a variant of
//! [`Scheme`](crate::scheme::Scheme).

mod archive;
mod commit;
mod error;
mod item;
mod layout;
mod output;
mod output_error;
pub mod registry;

pub use commit::{Staged, commit};
pub use error::PublishError;
pub use item::{Item, Wait};
pub use output::{Output, check, duplicate};
pub use output_error::InvalidOutput;
