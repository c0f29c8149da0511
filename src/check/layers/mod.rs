//! The tars of the layers.

pub mod parents;
