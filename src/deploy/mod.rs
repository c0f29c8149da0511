//! Brings an image to a Lambda function: update, wait, publish, alias; and the alias back.
//!
//! ```text
//! read ─→ plan ─→ update code ─→ wait ─→ publish ─→ wait ─→ try ─→ move alias
//! ```
//!
//! A call that changes something is never sent a second time unless AWS said that it did nothing, or the state was read
//! since. Time is that of a [`Clock`] of the caller.

mod api;
mod clock;
mod error;
mod function;
mod reason;
mod rollback;
mod run;
mod shift;
mod wait;

pub use api::{Api, Target};
pub use clock::Clock;
pub use error::DeployError;
pub use function::{Alias, FunctionState};
pub use reason::explained_by;
pub use rollback::{Rollback, rollback};
pub use run::{Change, Deployed, Order, Plan, deploy, plan};
pub use shift::Shift;
