//! The probes: one file each, and one line in [`ALL`].

mod bytecode;
pub mod classes;
mod elf;
mod large;
mod package;
mod script;
mod secrets;
mod text;
mod words;

use super::Probe;

/// Every probe.
pub const ALL: &[&dyn Probe] = &[
    &text::Text,
    &elf::ElfFiles,
    &script::Scripts,
    &bytecode::BytecodeFiles,
    &secrets::Secrets,
    &package::Packages,
    &words::Words,
    &classes::Classes,
    &large::Large,
];
