//! Brings an image to a Lambda function: update, wait, publish, alias; and the alias back.
//!
//! ```text
//! look ─→ plan ─→ update code ─→ wait ─→ publish ─→ wait ─→ try ─→ move alias ─→ move tag
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
mod detail;
mod error;
mod fleet;
mod function;
mod in_use;
mod order;
mod plan;
mod reason;
mod rehearse;
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
pub use detail::detail;
pub use error::{Action, DeployError, InvalidFunction};
pub use fleet::fleet;
pub use function::{Alias, FunctionState};
pub use in_use::{IN_USE, InUse, TagState, tag_version};
pub use order::{Order, Shift};
pub use plan::{Change, Plan, look, plan};
pub use reason::explained_by;
pub use rehearse::rehearse;
pub use rollback::{Rollback, rollback};
pub use run::{Deployed, deploy};
pub use step::Step;
pub use target::Target;
pub use used::{Use, used};
