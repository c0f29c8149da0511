//! The files of the function.

pub mod architecture;
pub mod bytecode;
mod faults;
pub mod host_paths;
pub mod lambda_layers;
pub mod libraries;
pub mod links;
pub mod native;
pub mod readable;
pub mod versions;
pub mod weight;
pub mod writable;
