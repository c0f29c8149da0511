//! What an ELF file says about where it runs.

use serde::{Deserialize, Serialize};

/// `e_type` of a program at a fixed address, and of a shared object or a program at any address.
const EXEC: u16 = 2;
const DYN: u16 = 3;

/// What an ELF file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elf {
    /// 32 or 64.
    pub bits: u8,
    /// `e_machine`: 62 for x86-64, 183 for AArch64.
    pub machine: u16,
    /// `e_type`: 2 for a program, 3 for a shared object or a position-independent program.
    pub kind: u16,
    /// Whether all below was read: false for a file that is too large, damaged or not of 64 bits.
    pub whole: bool,
    /// The loader that the kernel starts (`PT_INTERP`).
    pub interpreter: Option<String>,
    /// Its own name as a library (`DT_SONAME`).
    pub soname: Option<String>,
    /// Libraries that must be there (`DT_NEEDED`).
    pub needed: Vec<String>,
    /// Directories of `DT_RPATH`, which holds only where there is no `DT_RUNPATH`.
    pub rpath: Vec<String>,
    /// Directories of `DT_RUNPATH`.
    pub runpath: Vec<String>,
    /// Symbol versions that libraries must have; weak ones, which may be missing, are left out.
    pub versions: Vec<Version>,
    /// Symbol versions that it has, as a library.
    pub defines: Vec<String>,
    /// Dynamic symbols that name the interface of an addon of Node.js.
    pub addon: Vec<String>,
}

/// A symbol version of a library: `GLIBC_2.34` of `libc.so.6`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// The library.
    pub library: String,
    /// The version.
    pub name: String,
}

impl Elf {
    /// Whether the kernel can start it: a program, with a loader or without one.
    pub fn is_program(&self) -> bool {
        self.kind == EXEC || (self.kind == DYN && self.interpreter.is_some())
    }

    /// Whether it is for use at run time: a program or a library, no object file and no core.
    pub fn is_loaded(&self) -> bool {
        self.kind == EXEC || self.kind == DYN
    }
}
