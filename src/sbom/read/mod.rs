//! Reads what package managers record in the files of an image: one file for each, and a line in [`ALL`].

mod dotnet;
mod elf;
mod extension;
mod java;
mod linux;
mod nodejs;
mod python;
mod rpm;
mod ruby;
mod spool;
mod stated;

use crate::survey::Probe;

pub use linux::{Linux, OS_RELEASE};

/// Every probe that a list of packages needs.
pub const ALL: &[&dyn Probe] = &[
    &python::Python,
    &nodejs::Nodejs,
    &java::Java,
    &dotnet::Dotnet,
    &ruby::Ruby,
    &elf::Modules,
    &linux::Linux,
    &rpm::Rpm,
    &extension::Extensions,
];
