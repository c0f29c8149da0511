//! The tars of the layers.

pub mod damage;
pub mod duplicates;
mod faults;
pub mod gzip;
pub mod hard_links;
pub mod names;
pub mod nodes;
pub mod parents;
pub mod whiteouts;
