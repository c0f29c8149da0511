//! The probes: one file each, and one line in [`ALL`].

pub mod bytecode;
pub mod class_version;
pub mod classes;
pub mod content;
pub mod elf;
mod handler_words;
mod large;
mod nodejs;
mod package;
pub mod release;
pub mod rpm;
pub mod script;
pub mod secrets;
pub mod symbols;
mod text;
mod times;
mod zip_directory;

use super::Probe;

/// Every probe that checks need.
pub const ALL: &[&dyn Probe] = &[
    &text::Text,
    &elf::ElfFiles,
    &script::Scripts,
    &bytecode::BytecodeFiles,
    &secrets::Secrets,
    &package::Packages,
    &handler_words::HandlerWords,
    &classes::Classes,
    &large::Large,
    &nodejs::Sources,
];
