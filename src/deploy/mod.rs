//! Brings an image to a Lambda function: update, wait, publish, alias; and the alias back.
//!
//! ```text
//! look ─→ plan ─→ update code ─→ wait ─→ publish ─→ wait ─→ try ─→ move alias
//! ```
//!
//! A call that changes something is never sent a second time unless AWS said that it did nothing, or the state was read
//! since. Time is that of a [`Clock`] of the caller.

mod admissible;
mod api;
mod calls;
mod clock;
mod create;
mod description;
mod error;
mod fleet;
mod function;
mod order;
mod plan;
mod reason;
mod rollback;
mod run;
mod shift;
mod step;
mod target;
mod try_out;
mod update;
mod used;
mod wait;

pub use admissible::admissible;
pub use api::Api;
pub use clock::Clock;
pub use error::{DeployError, InvalidFunction};
pub use fleet::fleet;
pub use function::{Alias, FunctionState};
pub use order::{Order, Shift};
pub use plan::{Change, Plan, look, plan};
pub use reason::explained_by;
pub use rollback::{Rollback, rollback};
pub use run::{Deployed, deploy};
pub use step::Step;
pub use target::Target;
pub use used::{Use, used};
