//! Which images of a repository can go, and which must stay. Only plans: nothing here asks or deletes.
//!
//! An image, the index that names it, the other images of that index, and everything that refers to them (signatures,
//! SBOMs, attestations) stay or go together. If one of them must stay, all stay.

mod error;
mod group;
mod image;
mod plan;
mod policy;

pub use error::PruneError;
pub use image::{Image, links};
pub use plan::{Keep, Plan, Reason, Rules, plan};
pub use policy::{Pullers, pullers};
