//! The probes: one file each, and one line in [`ALL`].

mod bytecode;
pub mod classes;
pub mod content;
mod elf;
mod large;
mod nodejs;
mod package;
mod script;
mod secrets;
mod text;
mod words;

use super::Probe;

/// Every probe that checks need.
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
    &nodejs::Sources,
];
